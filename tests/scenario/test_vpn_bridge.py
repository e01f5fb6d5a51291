"""A server whose tap is a port of a kernel bridge: its clients are in the server's own network.

near  ===(tap)===+                     br0 10.77.0.1
                 far: tap0 --+-- br0 --+-- eth1 -- files 10.77.0.10
third ===(tap)===+
"""

from __future__ import annotations

import ipaddress
import subprocess
import sys

import pytest

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

ETHERTYPE = "88b5"  # IEEE 802: for local experiments
EVERYONE = "ff:ff:ff:ff:ff:ff"
LISTEN = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
link.bind((sys.argv[1], 0x88B5))
link.settimeout(20)
print("listening", flush=True)
print(link.recv(2000).hex())
"""
SEND = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
link.send(bytes.fromhex(sys.argv[2]))
"""


@pytest.fixture
def far(site):
    """The server's node with the bridge in place, and as it was afterwards."""
    node = site.node("far")
    node.run(["ip", "-batch", "-"], stdin=BUILD)
    yield node
    node.run(["ip", "-batch", "-"], stdin=UNDO)


class Listener:
    """Waits for one frame of our type on a link."""

    def __init__(self, node, dev):
        argv = [sys.executable, "-ISc", LISTEN, dev]
        self._process = node.popen(argv, stdout=subprocess.PIPE)
        assert self._process.stdout.readline() == "listening\n"

    def frame(self) -> str:
        return self._process.communicate(timeout=25)[0].strip()


def frame(source, destination, payload) -> str:
    """An Ethernet frame in hex; the addresses as they are written."""
    return (destination + source).replace(":", "") + ETHERTYPE + payload


def send(node, dev, text):
    node.run([sys.executable, "-ISc", SEND, dev, text])


def mac(node, dev) -> str:
    return node.links()[dev].mac


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
    listener = Listener(files, "eth0")
    send(near, "tap0", there)
    assert listener.frame() == there
    back = frame(mac(files, "eth0"), mac(near, "tap0"), "5a" * size)
    listener = Listener(near, "tap0")
    send(files, "eth0", back)
    assert listener.frame() == back


def test_server_learns_where_an_address_is_and_sends_nothing_elsewhere(far, tunnel):
    lab = tunnel("ours", "ours", *BRIDGED, "client-to-client", clients=2)
    near, third, files = lab["near"], lab["third"], lab["files"]
    assert pings(near, FILES)
    wait_said(lab.server, f"MULTI: Learn: {mac(near, 'tap0')} -> near/")
    to_near = frame(mac(files, "eth0"), mac(near, "tap0"), "01" * 46)
    to_all = frame(mac(files, "eth0"), EVERYONE, "02" * 46)
    near_hears, third_hears = Listener(near, "tap0"), Listener(third, "tap0")
    send(files, "eth0", to_near)
    send(files, "eth0", to_all)
    assert near_hears.frame() == to_near
    assert third_hears.frame() == to_all  # the first frame that it got


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
