"""What a client can be told, by its own file or by its server; the stock program at one end.

The stock client goes through the same tests: what is expected of ours is what it does.
"""

from __future__ import annotations

import re
import signal

import pytest

from labs.endpoint import UP
from netns import wait_for

EACH = pytest.mark.parametrize(
    "pair", [("ours", "openvpn"), ("openvpn", "ours")], ids="/".join
)  # client, server
SECONDS = 15.0
LAN = "10.20.0.0/24"


def routes(lab, *words: str) -> str:
    return lab["client"].run(["ip", *words, "route"]).stdout


def wait_said(end, words) -> None:
    wait_for(lambda: re.search(words, end.log_text()), SECONDS, f"{end.name} to say {words!r}")


def wait_ended(end) -> None:
    wait_for(lambda: not end.is_alive, SECONDS, f"{end.name} to end")


ENDINGS = [
    (["client:inactive=1", "server:-keepalive"], "Inactivity timeout"),
    (['server:push="inactive 1"', "server:-keepalive"], "Inactivity timeout"),
    (["client:session-timeout=1"], "Session timeout"),
    (['server:push="session-timeout 1"'], "Session timeout"),
    (["server:-keepalive", "client:ping-exit=1"], r"Inactivity timeout \(--ping-exit\), exiting"),
    (["server:-keepalive", 'server:push="ping-exit 1"'], r"\(--ping-exit\), exiting"),
]


@pytest.mark.shows("inactive", "session-timeout", "ping-exit")
@EACH
@pytest.mark.parametrize(("sets", "words"), ENDINGS, ids=lambda value: str(value[-1])[-24:])
def test_a_tunnel_ends_by_itself(tunnel, pair, sets, words):
    lab = tunnel(*pair, *sets)
    wait_ended(lab.client)
    wait_said(lab.client, words)


@pytest.mark.shows("ping-restart")
@EACH
def test_silence_restarts_a_client(tunnel, pair):
    lab = tunnel(*pair, "server:-keepalive", 'server:push="ping-restart 1"')
    wait_said(lab.client, r"Inactivity timeout \(--ping-restart\), restarting")
    assert lab.client.is_alive


@pytest.mark.shows("pull-filter", "route-nopull")
@EACH
@pytest.mark.parametrize(
    "setting", ["client:pull-filter=ignore route", "client:route-nopull"], ids=lambda text: text[7:]
)
def test_a_pushed_route_can_be_left_out(tunnel, pair, setting):
    lab = tunnel(*pair, setting)
    assert LAN not in routes(lab)


@pytest.mark.shows("pull-filter")
@EACH
def test_a_pushed_word_can_be_refused(tunnel, pair):
    lab = tunnel(*pair, "client:route-nopull", "client:pull-filter=accept route")
    wait_said(lab.client, "Initialization Sequence Completed")
    lab.client.stop()
    lab.settings = type(lab.settings).of(*pair, ["client:pull-filter=reject route"])
    lab.write_configs()
    lab.client.start()
    wait_said(lab.client, "process restarting")


REDIRECTS = [
    ("def1", ["0.0.0.0/1 via 10.8.0.1", "128.0.0.0/1 via 10.8.0.1", "198.51.100.10 via"]),
    ("", ["default via 10.8.0.1", "198.51.100.10 via"]),
    ("def1 local", ["0.0.0.0/1 via 10.8.0.1"]),
]


@pytest.mark.shows("redirect-gateway")
@EACH
@pytest.mark.parametrize(("flags", "expected"), REDIRECTS, ids=lambda value: str(value)[:10])
def test_everything_goes_through_the_tunnel(tunnel, pair, flags, expected):
    lab = tunnel(*pair, f'server:push="redirect-gateway {flags}"')
    table = routes(lab)
    assert [route for route in expected if route not in table] == []
    assert ("198.51.100.10 via" in table) is ("local" not in flags)
    lab.client.stop()
    wait_for(lambda: "10.8.0.1" not in routes(lab), SECONDS, "the routes to be gone")
    assert "default via 192.168.50.1" in routes(lab)


@EACH
def test_ipv6_goes_through_the_tunnel_and_ipv4_does_not(tunnel, pair):
    lab = tunnel(
        *pair,
        "server:server-ipv6=2001:db8:8::/64",
        'server:push="redirect-gateway ipv6 !ipv4"',
    )
    sixth = routes(lab, "-6")
    assert "2000::/4 dev tun0" in sixth
    assert "3000::/4 dev tun0" in sixth
    assert "0.0.0.0/1" not in routes(lab)


@pytest.mark.shows("redirect-private")
@EACH
def test_only_the_server_keeps_its_way(tunnel, pair):
    table = routes(tunnel(*pair, 'server:push="redirect-private def1"'))
    assert "198.51.100.10 via" in table
    assert "0.0.0.0/1" not in table


@pytest.mark.shows("route", "route-metric")
@EACH
def test_words_that_stand_for_gateways(tunnel, pair):
    lab = tunnel(
        *pair,
        "client:route=192.0.2.0 255.255.255.128 vpn_gateway 7",
        "client:route=192.0.2.128 255.255.255.128 net_gateway",
        "client:route-metric=9",
        "client:route=192.0.2.64 255.255.255.255 192.168.50.1",
    )
    table = routes(lab)
    assert re.search(r"192.0.2.0/25 via 10.8.0.1 dev tun0 .*metric 7", table)
    assert re.search(r"192.0.2.128/25 via 192.168.50.1 dev \S+ .*metric 9", table)
    assert re.search(r"192.0.2.64 via 192.168.50.1 dev \S+ .*metric 9", table)


@pytest.mark.shows("setenv", "dhcp-option", "up")
@EACH
def test_what_scripts_are_told_of_names(tunnel, pair, script, tmp_path):
    told = tmp_path / "told"
    lab = tunnel(
        *pair,
        'server:push="dhcp-option DNS 10.20.0.10"',
        'server:push="dhcp-option DOMAIN lan.example"',
        "client:setenv=MINE yes",
        "client:setenv=opt some-word-nobody-knows",
        "client:script-security=2",
        f"client:up={script('up', f'env > {told}')}",
    )
    assert lab.client.is_alive
    lines = told.read_text(encoding="utf-8").splitlines()
    assert "foreign_option_1=dhcp-option DNS 10.20.0.10" in lines
    assert "foreign_option_2=dhcp-option DOMAIN lan.example" in lines
    assert "MINE=yes" in lines


@pytest.mark.shows("ignore-unknown-option")
@EACH
def test_a_word_that_is_to_be_ignored(tunnel, pair):
    tunnel(*pair, "client:ignore-unknown-option=future-word", "client:future-word=1 2 3")


@pytest.mark.shows("tun-mtu")
@EACH
@pytest.mark.parametrize("mtu", [1400, 1280])
def test_the_servers_mtu_is_pushed(tunnel, pair, mtu):
    lab = tunnel(*pair, f"server:tun-mtu={mtu}")
    assert f"mtu {mtu}" in lab["client"].run(["ip", "link", "show", "tun0"]).stdout
    big = ["ping", "-nq", "-c2", "-i0.05", "-W2", f"-s{mtu - 28}", "-Mdo", "10.8.0.1"]
    lab["client"].run(big)


@pytest.mark.shows("lladdr")
@EACH
def test_a_tap_has_the_address_it_is_told(tunnel, pair):
    lab = tunnel(*pair, "dev=tap", "client:lladdr=02:00:00:00:00:07")
    shown = lab["client"].run(["ip", "link", "show", "tap0"]).stdout
    assert "link/ether 02:00:00:00:00:07" in shown
    lab["client"].run(["ping", "-nq", "-c2", "-i0.05", "-W2", "10.20.0.10"])


@pytest.mark.shows("reneg-pkts", "reneg-bytes")
@EACH
@pytest.mark.parametrize("end", ["client", "server"])
@pytest.mark.parametrize("limit", ["reneg-pkts=20", "reneg-bytes=5000"])
def test_a_worn_key_is_renewed(tunnel, pair, end, limit):
    lab = tunnel(*pair, f"{end}:{limit}")
    lab["client"].run(["ping", "-nq", "-c60", "-i0.02", "-W2", "-s100", "10.20.0.10"])
    log = lab.client.log_text
    wait_for(lambda: log().count("Control Channel: TLS") > 1, SECONDS, "a renegotiation")
    lab["client"].run(["ping", "-nq", "-c3", "-i0.05", "-W2", "10.20.0.10"])


@pytest.mark.shows("mssfix")
@EACH
def test_the_largest_segment_fits_the_tunnel(tunnel, pair):
    lab = tunnel(*pair, "client:mssfix=1000 fixed")
    code = (
        "import socket; s = socket.create_connection(('10.20.0.10', 80), 5); "
        "print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))"
    )
    size = int(lab["client"].run(["python3", "-c", code]).stdout)
    assert 800 < size < 1000


@pytest.mark.shows("push-peer-info")
@EACH
def test_a_server_is_told_who_its_client_is(tunnel, pair):
    lab = tunnel(
        *pair,
        "client:push-peer-info",
        "client:setenv=UV_ASSET 4711",
        "client:setenv=IV_GUI_VER lab_1.0",
        "client:setenv=OTHER untold",
    )
    mac = lab["client"].links()["eth0"].mac
    for words in (f"IV_HWADDR={mac}", "IV_SSL=OpenSSL", "UV_ASSET=4711", "IV_GUI_VER=lab_1.0"):
        wait_said(lab.server, f"peer info: {words}")
    assert "untold" not in lab.server.log_text()


@EACH
def test_a_front_end_is_named_in_any_case_and_no_more(tunnel, pair):
    lab = tunnel(*pair, "client:setenv=UV_ASSET 4711", "client:setenv=IV_SSO webauth")
    wait_said(lab.server, "peer info: IV_SSO=webauth")
    assert "IV_HWADDR" not in lab.server.log_text()
    assert "UV_ASSET" not in lab.server.log_text()


@pytest.mark.shows("block-ipv6")
@EACH
@pytest.mark.parametrize("setting", ["client:block-ipv6", 'server:push="block-ipv6"'])
def test_ipv6_is_blocked_and_its_sender_is_told(tunnel, pair, setting):
    lab = tunnel(*pair, setting, "server:server-ipv6=2001:db8:8::/64")
    said = lab["client"].run(["ping", "-6", "-nc1", "-W2", "2001:db8:8::1"], check=False)
    assert said.returncode == 1
    assert "From 2001:db8:8::1 icmp_seq=1 Destination unreachable: No route" in said.stdout
    lab["client"].run(["ping", "-nq", "-c2", "-i0.05", "-W2", "10.8.0.1"])


@pytest.mark.shows("block-ipv6")
def test_a_server_of_ours_tells_it_too(tunnel):
    """The stock server drops them in silence, against its own manual."""
    lab = tunnel("openvpn", "ours", "server:block-ipv6", "server:server-ipv6=2001:db8:8::/64")
    said = lab["client"].run(["ping", "-6", "-nc1", "-W2", "2001:db8:8::1"], check=False)
    assert "From fe80::7" in said.stdout


@pytest.mark.shows("remap-usr1")
@EACH
def test_a_restart_is_made_an_exit(tunnel, pair):
    sets = ["server:-keepalive", 'server:push="ping-restart 1"']
    lab = tunnel(*pair, *sets, "client:remap-usr1=SIGTERM")
    wait_ended(lab.client)
    wait_said(lab.client, r"SIGTERM\[soft,ping-restart\] received, process exiting")


@pytest.mark.shows("remap-usr1")
@EACH
def test_a_restart_is_made_a_reload(tunnel, pair):
    client = tunnel(*pair, "client:remap-usr1=SIGHUP").client
    client.process.send_signal(signal.SIGUSR1)
    wait_said(client, r"SIGHUP\[\w+,\] received, process restarting")
    wait_for(lambda: client.log_text().count(UP) == 2, SECONDS, "the client to be back")
