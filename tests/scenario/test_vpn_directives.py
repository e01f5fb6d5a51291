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


@pytest.mark.shows("redirect-gateway", "push")
@PAIRS
def test_everything_goes_through_the_tunnel_even_where_nothing_went_elsewhere(tunnel, pair):
    lab = tunnel(*pair, "server:-push", "push=redirect-gateway def1")
    assert pings(lab["near"], FILES)
    assert "dev tun0" in shown(lab["near"], "route", "get", "203.0.113.9")
    assert "dev eth0" in shown(lab["near"], "route", "get", "192.0.2.2")


@pytest.mark.shows("auth")
@PAIRS
def test_auth_is_the_digest_of_tls_auth(tunnel, pair):
    lab = tunnel(*pair, "tls-auth", "auth=SHA512")
    assert pings(lab["near"], FILES)
