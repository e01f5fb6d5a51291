"""Directives of everyday configurations, each by what it does to a tunnel.

near 192.0.2.1 ===(tun)=== 192.0.2.2 far -- files 10.77.0.10
"""

from __future__ import annotations

import re

import pytest

from tests.scenario.vpn_site import FILES, PAIRS, SERVER_INSIDE, pings

pytestmark = [pytest.mark.tun, pytest.mark.program("ip")]

SPELLED_OUT = (
    *("client:-client", "client:tls-client", "client:pull"),
    *("server:-server", "server:-topology", "server:-keepalive"),
    *("server:mode=server", "server:tls-server", "server:ifconfig=10.8.0.1 10.8.0.2"),
    *("server:topology=net30", "server:route=10.8.0.0 255.255.255.0"),
    *("server:ifconfig-pool=10.8.0.40 10.8.0.51", 'server:push="route 10.8.0.1"'),
)
NEVER_HEARD_OF = ("client:ignore-unknown-option=colour taste", "client:colour=blue", "client:taste")
PORT_OF_CLIENT = re.compile(r"192\.0\.2\.1:(\d+)")


def shown(node, *words: str) -> str:
    return node.run(["ip", *words]).stdout


@pytest.mark.shows("mode", "tls-server", "tls-client", "pull", "ifconfig", "ifconfig-pool")
@PAIRS
def test_what_server_and_client_stand_for_may_be_spelled_out(tunnel, pair):
    lab = tunnel(*pair, *SPELLED_OUT)
    assert "10.8.0.42 peer 10.8.0.41/32" in shown(lab["near"], "address", "show", "tun0")
    assert "10.8.0.1 peer 10.8.0.2/32" in shown(lab["far"], "address", "show", "tun0")
    assert pings(lab["near"], SERVER_INSIDE)
    assert pings(lab["near"], FILES)


@pytest.mark.shows("dev", "dev-type")
@PAIRS
def test_a_device_of_any_name_is_of_the_type_that_is_written(tunnel, pair):
    lab = tunnel(*pair, "client:dev=office", "dev-type=tap", "server:dev=tap")
    assert "link/ether" in shown(lab["near"], "link", "show", "office")
    assert pings(lab["near"], FILES)


@pytest.mark.shows("tun-mtu")
@PAIRS
def test_a_large_packet_crosses_in_one_piece_where_the_mtu_lets_it(tunnel, pair):
    lab = tunnel(*pair, "tun-mtu=1400", "client:-mssfix")
    whole = ["ping", "-nqc1", "-W2", "-Mdo", SERVER_INSIDE]
    assert lab.run("near", [*whole, "-s1372"]).returncode == 0
    assert lab.run("near", [*whole, "-s1373"], check=False).returncode != 0


@pytest.mark.shows("port", "rport", "lport")
@PAIRS
def test_each_end_has_the_ports_that_are_written(tunnel, pair):
    away = ("client:-remote", "client:remote=192.0.2.2", "client:rport=1195")
    lab = tunnel(*pair, "server:port=1195", *away, "client:-nobind", "client:lport=1196")
    assert PORT_OF_CLIENT.search(lab.server.log_text())[1] == "1196"
    assert pings(lab["near"], FILES)


@pytest.mark.shows("nobind", "bind")
@PAIRS
@pytest.mark.parametrize("directive", ["client:-nobind", "client:nobind", "client:bind"])
def test_a_client_has_a_port_of_its_own_only_if_it_binds(tunnel, pair, directive):
    without = "client:-nobind" if directive == "client:bind" else "client:verb=3"
    lab = tunnel(*pair, without, directive)
    is_bound = PORT_OF_CLIENT.search(lab.server.log_text())[1] == "1194"
    assert is_bound is (directive == "client:bind")


@pytest.mark.shows("pull-filter", "route-nopull")
@PAIRS
@pytest.mark.parametrize("refusal", ['pull-filter=ignore "route 10.77"', "route-nopull"])
def test_routes_that_a_client_does_not_want_are_not_set(tunnel, pair, refusal):
    lab = tunnel(*pair, f"client:{refusal}")
    assert "10.77.0.0/24" not in shown(lab["near"], "route")
    assert pings(lab["near"], SERVER_INSIDE)


@pytest.mark.shows("redirect-gateway", "push")
@PAIRS
def test_everything_goes_through_the_tunnel_but_the_tunnel(tunnel, pair):
    lab = tunnel(*pair, "server:-push", "push=redirect-gateway def1")
    assert pings(lab["near"], FILES)
    assert "dev tun0" in shown(lab["near"], "route", "get", "203.0.113.9")
    assert "dev eth0" in shown(lab["near"], "route", "get", "192.0.2.2")


@pytest.mark.shows("ignore-unknown-option")
@PAIRS
def test_directives_that_may_be_unknown_do_not_stop_a_client(tunnel, pair):
    assert pings(tunnel(*pair, *NEVER_HEARD_OF)["near"], FILES)


@pytest.mark.shows("setenv")
@PAIRS
def test_setenv_reaches_a_script(tunnel, pair, tmp_path):
    script, note = tmp_path / "up", tmp_path / "note"
    script.write_text(f'#!/bin/sh\necho "$colour" >{note}\n')
    script.chmod(0o755)
    tunnel(*pair, "client:setenv=colour blue", "client:script-security=2", f"client:up={script}")
    assert note.read_text() == "blue\n"


@pytest.mark.shows("comp-lzo", "compress")
@PAIRS
@pytest.mark.parametrize("framing", ["comp-lzo=no", "compress=stub", "compress=stub-v2"])
def test_packets_cross_in_the_framing_that_both_ends_name(tunnel, pair, framing):
    lab = tunnel(*pair, framing, "allow-compression=yes")
    assert pings(lab["near"], FILES, size=1400)
    assert pings(lab["files"], lab.tunnel_address("near"))


@pytest.mark.shows("auth")
@PAIRS
def test_auth_is_the_digest_of_tls_auth(tunnel, pair):
    lab = tunnel(*pair, "tls-auth", "auth=SHA512")
    assert pings(lab["near"], FILES)
