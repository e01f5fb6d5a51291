"""What is no IP, and what is for everyone: a tap carries it to the other clients, a tun does not.

near ===(tap)===+
                far
third ===(tap)==+
"""

from __future__ import annotations

import signal
import sys

import pytest
from scapy.layers.netbios import NBNSHeader, NBNSQueryRequest

from tests.scenario.frames import EVERYONE, IPX, Listener, frame, listen, mac, send
from tests.scenario.vpn_site import pings, wait_said

pytestmark = [pytest.mark.tun, pytest.mark.program("ip")]

PROGRAMS = pytest.mark.parametrize(  # near, third, the server
    "programs",
    [
        ("ours", "ours", "ours"),
        pytest.param(("ours", "openvpn", "ours"), marks=pytest.mark.openvpn),
        pytest.param(("openvpn", "ours", "ours"), marks=pytest.mark.openvpn),
        pytest.param(("ours", "openvpn", "openvpn"), marks=pytest.mark.openvpn),
    ],
    ids="/".join,
)
IPX_PACKET = "ffff001e0004" + "00" * 4 + "ffffffffffff0453" + "00" * 12  # RIP, for everyone
NETBIOS_NAME = 137  # the port
WHO_IS = bytes(NBNSHeader() / NBNSQueryRequest(QUESTION_NAME="FILES"))
HEAR = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind(("", int(sys.argv[1])))
link.settimeout(20)
print("listening", flush=True)
print(link.recv(2000).hex())
"""
CALL = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
link.sendto(bytes.fromhex(sys.argv[3]), (sys.argv[1], int(sys.argv[2])))
"""


@pytest.fixture
def clients(tunnel):
    """Two clients of one server, each with its own program."""

    def bring_up(programs, device):
        near, third, server = programs
        sets = (f"dev={device}", "client-to-client")
        lab = tunnel(near, server, *sets, clients=2, up=False)
        lab.client.wait_up(20)
        other = lab.clients[1]
        other.program = third
        other.start()
        other.wait_up(20)
        return lab

    return bring_up


def hear(node) -> Listener:
    return Listener(node, HEAR, str(NETBIOS_NAME))


def call(node, address, data: bytes) -> None:
    argv = [sys.executable, "-ISc", CALL, address, str(NETBIOS_NAME), data.hex()]
    node.run(argv)


@pytest.mark.shows("client-to-client")
@PROGRAMS
def test_a_tap_carries_everything_to_the_other_client(clients, programs):
    lab = clients(programs, "tap")
    near, third = lab["near"], lab["third"]
    there = lab.tunnel_address("third")

    assert pings(near, there)
    neighbour = near.run(["ip", "neighbour", "show", there, "dev", "tap0"]).stdout
    assert mac(third, "tap0") in neighbour  # an answer to ARP

    for destination in (EVERYONE, mac(third, "tap0")):
        ipx, listener = (
            frame(mac(near, "tap0"), destination, IPX_PACKET, IPX),
            listen(third, "tap0", IPX),
        )
        send(near, "tap0", ipx)
        assert listener.heard() == ipx

    listener = hear(third)
    call(near, "10.8.0.255", WHO_IS)
    assert listener.heard() == WHO_IS.hex()


@PROGRAMS
def test_a_tun_carries_nothing_of_it(clients, programs):
    lab = clients(programs, "tun")
    near, third = lab["near"], lab["third"]
    there = lab.tunnel_address("third")
    assert "NOARP" in near.run(["ip", "link", "show", "tun0"]).stdout

    listener = hear(third)
    call(near, "10.8.0.255", WHO_IS)
    send(near, "tun0", frame(EVERYONE, EVERYONE, IPX_PACKET, IPX))
    call(near, there, b"a marker")
    assert listener.heard() == b"a marker".hex()  # the first that it got

    if lab.server.program == "ours":
        lab.server.process.send_signal(signal.SIGUSR2)
        wait_said(lab.server, "Dropped (not an IP packet),1")
