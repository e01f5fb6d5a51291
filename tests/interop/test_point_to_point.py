"""Two equal ends, over TLS or with a static key: ours with the stock program's."""

from __future__ import annotations

import pytest

from labs.lab import Lab
from labs.settings import Settings
from labs.topologies import find
from labs.traffic import Exchanging
from netns import wait_for
from tests.interop import exercise
from vpn.pki.static_key import generate

PAIRS = (("ours", "openvpn"), ("openvpn", "ours"), ("ours", "ours"))  # client, server
EACH = pytest.mark.parametrize("pair", PAIRS, ids="/".join)
SECONDS = 20.0
SIZE, RATE = 1_000_000, 20_000_000
WEST, EAST = "10.8.0.2", "10.8.0.1"
EQUALS = (
    *("client:-client", "client:-remote-cert-tls", "server:-server", "server:-topology"),
    *("server:-push", "server:-keepalive", "ping=5", "ping-restart=20"),
)
TLS = ("client:tls-client", "server:tls-server")
STATIC = (
    *("-ca", "-cert", "-key", "server:-dh", "-explicit-exit-notify"),
    "ignore-unknown-option=allow-deprecated-insecure-static-crypto",  # older ones need no leave
    "allow-deprecated-insecure-static-crypto",
)
INSIDE = {
    "tun": (f"client:ifconfig={WEST} {EAST}", f"server:ifconfig={EAST} {WEST}"),
    "tap": (f"client:ifconfig={WEST} 255.255.255.0", f"server:ifconfig={EAST} 255.255.255.0"),
}
NAT_ADDRESS = "203.0.113.2"  # where the client comes from, as the server sees it


@pytest.fixture
def ends(networks):
    """Start both ends, and wait until both have a tunnel."""
    labs: list[Lab] = []

    def bring_up(
        client: str, server: str, *sets: str, device: str = "tun", kind: tuple[str, ...] = TLS
    ) -> Lab:
        both = (*EQUALS, *kind, *INSIDE[device], f"dev={device}", *sets)
        lab = Lab(networks, find("three-lans"), Settings.of(client, server, both))
        labs.append(lab)
        lab.write_configs()
        lab.server.start()
        lab.client.start()
        for end in lab.ends:
            end.wait_up(SECONDS)
        return lab

    yield bring_up
    for lab in labs:
        for end in lab.ends:
            if end.is_alive:
                end.process.kill()


def passes(lab: Lab, size: int = 56) -> bool:
    """Do pings come back, from either end?"""
    for node, address in (("client", EAST), ("server", WEST)):
        lab.run(node, ["ping", "-nq", "-c3", "-i0.05", "-W2", f"-s{size}", address])
    return True


@pytest.mark.shows("ifconfig", "tls-server", "tls-client")
@EACH
@pytest.mark.parametrize("device", ["tun", "tap"])
@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_a_tunnel(ends, pair, device, proto):
    lab = ends(*pair, f"proto={proto}", device=device)
    assert passes(lab)
    assert passes(lab, 1400)
    with Exchanging(lab["client"], lab["server"], EAST, size=SIZE, rate=RATE) as exchanging:
        assert exchanging.result().is_intact
    result = "P2P mode NCP negotiation result: TLS_export=1, DATA_v2=1, peer-id "
    numbers = {
        end.process.wait_log(result).string.partition(result)[2].split(",")[0] for end in lab.ends
    }
    assert len(numbers) == 1, "both ends make the same peer-id"
    assert numbers != {str(0x76706E)}


@EACH
@pytest.mark.parametrize("wrap", ["tls-auth", "tls-crypt"])
def test_a_wrapped_tunnel_without_the_exporter_of_another_time(ends, pair, wrap):
    assert passes(ends(*pair, wrap, "tls-version-max=1.2", "cipher=AES-128-GCM"))


@EACH
def test_both_ends_know_each_other(networks, ends, pair):
    for name in ("nat", "firewall"):
        networks.node(name).forget_flows()
    lab = ends(*pair, f"server:remote={NAT_ADDRESS}", "server:float", "client:-nobind")
    assert passes(lab)


@EACH
def test_a_stream_that_is_waited_for_from_one_host(ends, pair):
    lab = ends(*pair, "proto=tcp", f"server:remote={NAT_ADDRESS}")
    assert passes(lab)


@EACH
def test_fragments_and_framing(ends, pair):
    assert passes(ends(*pair, "fragment=600", "compress=stub-v2"), 1400)


@EACH
@pytest.mark.parametrize("initiator", ["client", "server"])
def test_renegotiation(ends, pair, initiator):
    lab = ends(*pair, *exercise.renegotiating(initiator))
    wait_for(
        lambda: all(end.log_text().count("Control Channel: TLS") > 2 for end in lab.ends),
        SECONDS,
        "two renegotiations",
    )
    assert passes(lab)


@EACH
@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_an_end_that_is_killed_comes_back(ends, pair, proto):
    lab = ends(*pair, f"proto={proto}", "connect-retry=1 1")
    for end in (lab.client, lab.server):
        end.process.kill()
        end.start()
        end.wait_up(2 * SECONDS)
        wait_for(lambda: reached(lab), 2 * SECONDS, f"a ping after {end.name} was killed")


def reached(lab: Lab) -> bool:
    return lab.run("client", ["ping", "-nq", "-c1", "-W1", EAST], check=False).returncode == 0


@EACH
def test_who_leaves_says_so(ends, pair):
    lab = ends(*pair, "explicit-exit-notify=1")
    assert lab.client.stop() == 0
    lab.server.process.wait_log("remote-exit")


@pytest.fixture
def keyed(ends, tmp_path):
    """Start both ends with a static key of one of them each direction, or without directions."""
    (tmp_path / "static.key").write_text(generate(), encoding="ascii")
    (tmp_path / "static.key").chmod(0o600)

    def bring_up(pair, *sets, cipher="AES-256-CBC", auth="SHA256", directions=(1, 0), **more):
        (tmp_path / "crypto").write_text(f"cipher {cipher}\nauth {auth}\n", encoding="ascii")
        key = tmp_path / "static.key"
        secrets = [
            f"{end}:secret={key}{'' if direction is None else f' {direction}'}"
            for end, direction in zip(("client", "server"), directions, strict=True)
        ]
        words = (*secrets, f"config={tmp_path / 'crypto'}", *sets)
        return ends(*pair, *words, kind=STATIC, **more)

    return bring_up


@pytest.mark.shows("secret", "allow-deprecated-insecure-static-crypto")
@EACH
@pytest.mark.parametrize("device", ["tun", "tap"])
@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_a_static_key(keyed, pair, device, proto):
    lab = keyed(pair, f"proto={proto}", device=device)
    wait_for(lambda: reached(lab), SECONDS, "a ping")
    assert passes(lab, 1400)
    with Exchanging(lab["client"], lab["server"], EAST, size=SIZE, rate=RATE) as exchanging:
        assert exchanging.result().is_intact


@pytest.mark.shows("secret", "cipher", "auth")
@EACH
@pytest.mark.parametrize(
    ("cipher", "auth", "directions"),
    [
        ("AES-128-CBC", "SHA1", (None, None)),
        ("AES-192-CBC", "SHA512", (0, 1)),
        ("CAMELLIA-256-CBC", "none", (1, 0)),
    ],
)
def test_ciphers_and_directions_of_a_static_key(keyed, pair, cipher, auth, directions):
    lab = keyed(pair, "fragment=900", cipher=cipher, auth=auth, directions=directions)
    wait_for(lambda: reached(lab), SECONDS, "a ping")
    assert passes(lab, 1400)
    if pair == PAIRS[0]:
        assert "is used inconsistently" not in lab.server.log_text()


@EACH
def test_an_end_with_a_static_key_comes_back(keyed, pair):
    lab = keyed(pair)
    wait_for(lambda: reached(lab), SECONDS, "a ping")
    for end in (lab.client, lab.server):
        end.process.kill()
        end.start()
        end.wait_up(SECONDS)
        wait_for(lambda: reached(lab), 2 * SECONDS, f"a ping after {end.name} was killed")
