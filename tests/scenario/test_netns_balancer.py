"""One address, two servers: who gets which packet, over UDP and TCP."""

from __future__ import annotations

import pytest

from netns import Balancer, Sandbox, Spread
from tests.scenario.netns_networks import PYTHON

ANSWER = """
import socketserver, sys, threading
class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(sys.argv[1].encode() + data, self.client_address)
class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(sys.argv[1].encode() + self.rfile.read(1000))
udp = socketserver.UDPServer(("", 1194), Datagram)
tcp = socketserver.TCPServer(("", 1194), Stream)
threading.Thread(target=udp.serve_forever).start()
print("ready")
tcp.serve_forever()
"""
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect(("198.51.100.10", 1194))
for _ in range(int(sys.argv[1])):
    s.send(b"x" * 999)
    print(s.recv(2000)[:1].decode(), end="")
"""
ASK_OVER_TCP = """
import socket
s = socket.create_connection(("198.51.100.10", 1194), 5)
s.sendall(b"x" * 1000)
print(s.recv(1)[:1].decode(), end="")
"""
SERVERS = ("10.30.0.11", "10.30.0.12")


@pytest.fixture
def site(tmp_path):
    """client .1 -- 198.51.100.0/24 -- .10 balancer .1 -- 10.30.0.0/24 -- .11 a, .12 b"""
    with Sandbox.create("balanced", tmp_path) as sandbox:
        client, balancer = sandbox.add_node("client"), sandbox.add_node("balancer")
        a, b = sandbox.add_node("a"), sandbox.add_node("b")
        sandbox.add_segment("public", [(client, "eth0"), (balancer, "eth0")])
        sandbox.add_segment("servers", [(balancer, "eth1"), (a, "eth0"), (b, "eth0")])
        client.add_address("eth0", "198.51.100.1/24")
        balancer.add_address("eth0", "198.51.100.10/24")
        balancer.add_address("eth1", "10.30.0.1/24")
        balancer.set_sysctl("net.ipv4.ip_forward", 1)
        for node, address in zip((a, b), SERVERS, strict=True):
            node.add_address("eth0", f"{address}/24")
            node.add_route("default", via="10.30.0.1")
            node.start("answer", [*PYTHON, ANSWER, node.name], ready="ready")
        yield client, balancer


def asked(client, program=ASK, *words) -> str:
    """Which servers answered, in order."""
    return client.run([*PYTHON, program, *words]).stdout


def balanced(**options) -> Balancer:
    return Balancer(address="198.51.100.10", port=1194, servers=SERVERS, **options)


@pytest.mark.program("nft")
def test_flow_stays_with_its_server_and_flows_are_spread(site):
    client, balancer = site
    balancer.apply(balanced())
    flows = [asked(client, ASK, "4") for _flow in range(12)]
    assert set(flows) == {"aaaa", "bbbb"}
    assert {asked(client, ASK_OVER_TCP) for _flow in range(12)} == {"a", "b"}
    counts = balancer.counts()
    assert counts["balancer-spread"].packets == sum(
        counts[f"balancer-to-10-30-0-{number}"].packets for number in (11, 12)
    )


@pytest.mark.program("nft")
def test_packets_go_to_the_servers_in_turn(site):
    client, balancer = site
    balancer.apply(balanced(mode=Spread.PER_PACKET))
    assert asked(client, ASK, "6") in {"ababab", "bababa"}


@pytest.mark.program("nft")
def test_all_packets_go_to_the_server_that_is_pinned(site):
    client, balancer = site
    for name, address in zip("ab", SERVERS, strict=True):
        balancer.apply(balanced(mode=Spread.PER_PACKET, pinned=address))
        assert asked(client, ASK, "4") == name * 4
        assert asked(client, ASK_OVER_TCP) == name


@pytest.mark.program("nft")
def test_packets_go_to_the_other_server_after_so_many_of_their_flow(site):
    client, balancer = site
    balancer.apply(balanced(flip_after=3))
    assert asked(client, ASK, "6") == "aaabbb"
    assert asked(client, ASK, "5") == "aaabb"
    balancer.apply(balanced(flip_after=1))
    assert asked(client, ASK, "3") == "abb"
