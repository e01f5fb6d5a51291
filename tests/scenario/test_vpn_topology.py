"""topology net30: every client has a /30 of its own, a point-to-point link to the server.

near 10.8.0.6 ===(10.8.0.5)===(10.8.0.2)=== 10.8.0.1 far -- files
"""

from __future__ import annotations

import pytest

from tests.scenario.vpn_site import FILES, PAIRS, SERVER_INSIDE, pings

pytestmark = [pytest.mark.tun, pytest.mark.program("ip")]

NET30 = "topology=net30"


@pytest.mark.shows("topology")
@PAIRS
@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_client_has_a_link_of_its_own(tunnel, pair, proto):
    lab = tunnel(*pair, NET30, f"proto={proto}")
    shown = lab.run("near", ["ip", "-brief", "-4", "address", "show", "tun0"]).stdout.split()
    assert shown[2:] == ["10.8.0.6", "peer", "10.8.0.5/32"]
    shown = lab.run("far", ["ip", "-brief", "-4", "address", "show", "tun0"]).stdout.split()
    assert shown[2:] == ["10.8.0.1", "peer", "10.8.0.2/32"]
    route = lab.run("near", ["ip", "route", "get", FILES]).stdout
    assert "via 10.8.0.5 dev tun0 src 10.8.0.6" in route
    assert pings(lab["near"], FILES)
    assert pings(lab["near"], SERVER_INSIDE)
    assert pings(lab["files"], "10.8.0.6")


@PAIRS
def test_two_clients_have_each_their_own_and_reach_each_other(tunnel, pair):
    lab = tunnel(*pair, NET30, "client-to-client", clients=2)
    addresses = {name: lab.tunnel_address(name) for name in ("near", "third")}
    assert set(addresses.values()) == {"10.8.0.6", "10.8.0.10"}
    assert pings(lab["near"], addresses["third"])
    assert pings(lab["third"], addresses["near"])
