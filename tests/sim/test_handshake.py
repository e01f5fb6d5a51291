"""The handshake without trouble: every wrapping, TLS version, cipher and transport."""

from __future__ import annotations

import pytest

from tests.sim.credentials import credentials
from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.config.options import Secret
from vpn.control import negotiate
from vpn.errors import ConfigError, Drop
from vpn.events import Exiting, PeerJoined, Restarting, TunnelUp
from vpn.pki import genkey
from vpn.wire import static_key

KEY = Secret(static_key.serialize(bytes(range(256))).encode())
SERVER_KEY = Secret(genkey.new_server_key().encode())
CLIENT_KEY = Secret(genkey.new_client_key(SERVER_KEY).encode())
OTHER_KEY = Secret(static_key.serialize(bytes(255 - n for n in range(256))).encode())
UP = ipv4("10.8.0.2", "10.8.0.1")
DOWN = ipv4("10.8.0.1", "10.8.0.2")

WRAPS = {
    "none": ({}, {}),
    "tls-auth": ({"tls__tls_auth": KEY}, {"tls__tls_auth": KEY}),
    "tls-auth with direction": (
        {"tls__tls_auth": KEY, "tls__key_direction": 1},
        {"tls__tls_auth": KEY, "tls__key_direction": 0},
    ),
    "tls-crypt-v2": ({"tls__tls_crypt_v2": CLIENT_KEY}, {"tls__tls_crypt_v2": SERVER_KEY}),
    "tls-crypt-v2 or tls-crypt": (
        {"tls__tls_crypt": KEY},
        {"tls__tls_crypt_v2": SERVER_KEY, "tls__tls_crypt": KEY},
    ),
    "tls-crypt": ({"tls__tls_crypt": KEY}, {"tls__tls_crypt": KEY}),
}


def assert_carries(pair: Pair) -> None:
    pair.send_from_client(UP)
    pair.send_from_server(DOWN)
    pair.run_for(1)
    assert pair.server.packets[-1:] == [UP]
    assert pair.client.packets[-1:] == [DOWN]


@pytest.mark.shows("tls-auth", "tls-crypt", "tls-crypt-v2", "key-direction")
@pytest.mark.parametrize("is_tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("wrap", WRAPS)
def test_tunnel_comes_up_under_every_wrap(wrap, is_tcp):
    client, server = WRAPS[wrap]
    pair = Pair(client=client_options(**client), server=server_options(**server), is_tcp=is_tcp)
    assert pair.connect(10)
    assert_carries(pair)
    assert not pair.client.core.drops
    assert not pair.server.core.drops


@pytest.mark.shows("data-ciphers", "tls-version-max")
@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("cipher", ["AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"])
def test_tunnel_comes_up_with_every_cipher_and_tls_version(cipher, version):
    changes = {"data__data_ciphers": (cipher,), "tls__tls_version_min": version}
    changes["tls__tls_version_max"] = version
    pair = Pair(client=client_options(**changes), server=server_options(**changes))
    assert pair.connect(10)
    assert pair.client.core.peer.agreement.cipher == cipher
    assert_carries(pair)


@pytest.mark.parametrize(("version", "round_trips"), [("1.3", 3), ("1.2", 4)])
def test_push_reply_comes_with_the_servers_key_message(version, round_trips):
    pair = Pair(Conditions(latency=0.5), server=server_options(tls__tls_version_max=version))
    began = pair.network.now
    assert pair.drive(lambda: bool(pair.client.saw(TunnelUp)), 10)
    assert pair.network.now - began == round_trips


def test_client_is_told_its_address_and_timers():
    pair = Pair()
    assert pair.connect(10)
    (up,) = pair.client.saw(TunnelUp)
    assert up.options.tun.ifconfig == ("10.8.0.2", "255.255.255.0")
    assert up.options.tun.route_gateway == "10.8.0.1"
    assert (up.options.link.ping, up.options.link.ping_restart) == (10, 60)
    assert up.options.push.peer_id == 0
    (joined,) = pair.server.saw(PeerJoined)
    assert (joined.common_name, joined.tunnel_address) == ("Test-Client", "10.8.0.2")


@pytest.mark.shows("tls-auth", "tls-crypt", "key-direction", "auth")
@pytest.mark.parametrize(
    ("client", "server"),
    [
        ({"tls__tls_crypt": KEY}, {"tls__tls_crypt": OTHER_KEY}),
        ({"tls__tls_auth": KEY}, {"tls__tls_auth": OTHER_KEY}),
        (
            {"tls__tls_auth": KEY, "tls__key_direction": 1},
            {"tls__tls_auth": KEY, "tls__key_direction": 1},
        ),
        ({"tls__tls_auth": KEY, "data__auth": "SHA512"}, {"tls__tls_auth": KEY}),
        ({}, {"tls__tls_crypt": KEY}),
    ],
    ids=["tls-crypt key", "tls-auth key", "direction", "digest", "missing"],
)
def test_server_keeps_silent_when_the_wrap_is_wrong(client, server):
    pair = Pair(client=client_options(**client), server=server_options(**server))
    assert not pair.connect(59)
    assert pair.server.core.drops[Drop.UNWRAP] >= 4
    assert not pair.server.core.clients
    assert all(sender == pair.client.address for _, sender, _, _ in pair.network.log)


@pytest.mark.shows("remote-cert-tls")
def test_client_gives_up_on_a_certificate_that_is_not_a_server(caplog):
    wrong = credentials("Test-Client", "client")
    server = server_options(tls__cert=wrong["cert"], tls__key=wrong["key"])
    pair = Pair(client=client_options(tls__remote_cert_tls="server"), server=server)
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 10)
    assert pair.client.saw(Restarting)[0].reason == "tls-error"
    assert "VERIFY ERROR: depth=0, error=unsuitable certificate purpose" in caplog.text
    assert "TLS Error: TLS handshake failed" in caplog.text


@pytest.mark.shows("ca", "cert", "key")
def test_server_learns_of_a_refused_certificate_by_the_alert():
    other = credentials("Test-Server", "server", ca="Other-CA")
    server = server_options(tls__cert=other["cert"], tls__key=other["key"])
    pair = Pair(server=server)
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 10)
    pair.run_for(1)
    assert not pair.server.core.clients


def test_no_shared_cipher_is_an_authentication_failure(caplog):
    pair = Pair(
        client=client_options(data__data_ciphers=("AES-128-GCM",)),
        server=server_options(data__data_ciphers=("AES-256-GCM",)),
    )
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 10)
    assert pair.client.saw(Exiting)[0].reason == "auth-failure"
    assert "no shared cipher" in caplog.text
    pair.run_for(6)
    assert not pair.server.core.clients


@pytest.mark.shows("max-packet-size")
@pytest.mark.parametrize("size", [154, 600, 1250])
def test_no_control_packet_is_larger_than_it_may_be(size):
    changes = {"tls__max_packet_size": size}
    pair = Pair(client=client_options(**changes), server=server_options(**changes))
    assert pair.connect(10)
    longest = max(len(datagram) for *_, datagram in pair.network.log)
    assert size - 100 < longest <= size - 28  # without the headers of IPv4 and UDP


DAY = 86400


def test_own_expired_certificate_is_an_error_at_the_start():
    expired = credentials("Late-Client", "client", days=-1)
    with pytest.raises(ConfigError, match=r'cert: the certificate "CN=Late-Client" expired on'):
        Pair(client=client_options(tls__cert=expired["cert"], tls__key=expired["key"]))


def test_expired_client_certificate_is_refused_by_the_server(caplog):
    expired = credentials("Late-Client", "client", days=-1)
    client = client_options(tls__cert=expired["cert"], tls__key=expired["key"])
    pair = Pair(client=client, clock_error=-2 * DAY)  # our own clock sees nothing wrong
    assert not pair.connect(20)
    assert "certificate has expired" in caplog.text
    assert not pair.admitted


@pytest.mark.shows("cipher", "peer-id")
@pytest.mark.parametrize(
    ("peer_info", "pushed", "peer_id"),
    [
        ("", None, None),  # before peer info: P_DATA_V1, the cipher of the options string
        ("IV_VER=2.3.18\nIV_PROTO=2\n", None, 0),
        ("IV_VER=2.4.12\nIV_PROTO=2\nIV_NCP=2\n", "AES-256-GCM", 0),
        ("IV_VER=2.5.9\nIV_PROTO=6\nIV_NCP=2\nIV_CIPHERS=AES-128-GCM\n", "AES-128-GCM", 0),
    ],
)
def test_clients_of_every_age(monkeypatch, peer_info, pushed, peer_id):
    monkeypatch.setattr(negotiate, "own_peer_info", lambda *_: peer_info)
    cipher = {"data__cipher": "AES-128-GCM"}
    pair = Pair(client=client_options(**cipher), server=server_options(**cipher))
    assert pair.connect(10)
    agreement = pair.client.core.peer.agreement
    assert agreement.cipher == (pushed or "AES-128-GCM")
    assert agreement.peer_id == peer_id
    assert not agreement.uses_exporter
    assert_carries(pair)
    pair.client.core.peer.session.renegotiate(pair.network.now)
    pair.run_for(100)
    assert_carries(pair)
    assert pair.client.core.peer.channel.sealing_key_id == 1


@pytest.mark.shows("data-ciphers-fallback")
def test_client_that_tells_no_cipher_gets_the_fallback_or_nothing(monkeypatch):
    monkeypatch.setattr(negotiate, "own_peer_info", lambda *_: "")
    fallback = {"data__data_ciphers_fallback": "AES-256-GCM"}
    pair = Pair(client=client_options(**fallback), server=server_options(**fallback))
    assert pair.connect(10)
    pair = Pair(client=client_options(**fallback), server=server_options())
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 10)
    assert pair.client.saw(Exiting)[0].reason == "auth-failure"


def test_push_of_many_messages():
    routes = tuple(f"route 172.16.{number}.0 255.255.255.0" for number in range(200))
    push = (*server_options().server.push, *routes)
    pair = Pair(Conditions(loss=0.1), 3, server=server_options(server__push=push))
    assert pair.connect(60)
    (up,) = pair.client.saw(TunnelUp)
    assert [route.network for route in up.options.tun.routes] == [
        f"172.16.{number}.0" for number in range(200)
    ]
