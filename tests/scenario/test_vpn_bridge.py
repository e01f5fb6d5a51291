"""A server whose tap is a port of a kernel bridge: its clients are in the server's own network.

near  ===(tap)===+                     br0 10.77.0.1
                 far: tap0 --+-- br0 --+-- eth1 -- files 10.77.0.10
third ===(tap)===+
"""

from __future__ import annotations

import ipaddress

import pytest

from tests.scenario.frames import EVERYONE, frame, listen, mac, send
from tests.scenario.vpn_site import FILES, PAIRS, answers, pings, wait_said

pytestmark = [pytest.mark.tun, pytest.mark.program("ip")]

BRIDGED = (
    "dev=tap",
    "server:dev=tap0",
    "-server",
    "-topology",
    "-push",
    "server-bridge=10.77.0.1 255.255.255.0 10.77.0.100 10.77.0.150",
)
POOL = range(100, 151)
BUILD = """
link add br0 type bridge forward_delay 0
tuntap add tap0 mode tap
address del 10.77.0.1/24 dev eth1
address add 10.77.0.1/24 dev br0
link set eth1 master br0
link set tap0 master br0
link set br0 up
link set tap0 up
"""
UNDO = """
link del tap0
link del br0
address add 10.77.0.1/24 dev eth1
"""


@pytest.fixture
def far(site):
    """The server's node with the bridge in place, and as it was afterwards."""
    node = site.node("far")
    node.run(["ip", "-batch", "-"], stdin=BUILD)
    yield node
    node.run(["ip", "-batch", "-"], stdin=UNDO)


@pytest.mark.shows("server-bridge")
@PAIRS
def test_client_is_in_the_servers_network(far, tunnel, pair):
    lab = tunnel(*pair, *BRIDGED)
    address = lab.tunnel_address("near")
    assert int(ipaddress.IPv4Address(address)) & 0xFF in POOL
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], address)
    assert pings(lab["near"], "10.77.0.1", size=1472)
    neighbours = lab.run("near", ["ip", "neighbour", "show", FILES, "dev", "tap0"]).stdout
    assert mac(lab["files"], "eth0") in neighbours


@PAIRS
@pytest.mark.parametrize("size", [46, 1500])
def test_frame_of_any_type_crosses_both_ways(far, tunnel, pair, size):
    lab = tunnel(*pair, *BRIDGED)
    near, files = lab["near"], lab["files"]
    there = frame(mac(near, "tap0"), EVERYONE, "a5" * size)
    listener = listen(files, "eth0")
    send(near, "tap0", there)
    assert listener.heard() == there
    back = frame(mac(files, "eth0"), mac(near, "tap0"), "5a" * size)
    listener = listen(near, "tap0")
    send(files, "eth0", back)
    assert listener.heard() == back


def test_server_learns_where_an_address_is_and_sends_nothing_elsewhere(far, tunnel):
    lab = tunnel("ours", "ours", *BRIDGED, "client-to-client", clients=2)
    near, third, files = lab["near"], lab["third"], lab["files"]
    assert pings(near, FILES)
    wait_said(lab.server, f"MULTI: Learn: {mac(near, 'tap0')} -> near/")
    to_near = frame(mac(files, "eth0"), mac(near, "tap0"), "01" * 46)
    to_all = frame(mac(files, "eth0"), EVERYONE, "02" * 46)
    near_hears, third_hears = listen(near, "tap0"), listen(third, "tap0")
    send(files, "eth0", to_near)
    send(files, "eth0", to_all)
    assert near_hears.heard() == to_near
    assert third_hears.heard() == to_all  # the first frame that it got


@pytest.mark.parametrize("way", ["inside the server", "over the bridge", "none"])
def test_clients_reach_each_other_only_where_they_may(far, tunnel, way):
    joins = ["client-to-client"] if way == "inside the server" else []
    hairpin = "on" if way == "over the bridge" else "off"
    far.run(["ip", "link", "set", "tap0", "type", "bridge_slave", "hairpin", hairpin])
    lab = tunnel("ours", "ours", *BRIDGED, *joins, clients=2)
    near, third = lab["near"], lab["third"]
    assert answers(near, lab.tunnel_address("third")) == (way != "none")
    assert answers(third, lab.tunnel_address("near")) == (way != "none")
    assert pings(third, FILES)
