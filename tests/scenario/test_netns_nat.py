"""The four kinds of NAT, told apart by who gets in once a client has sent one datagram.

What a router remembers of a flow, netns.conntrack makes it forget.
"""

from __future__ import annotations

import pytest

from netns import Nat, NatKind, PortForward, Sandbox, wait_for
from tests.scenario.netns_networks import PYTHON, behind_a_router, ping

# Prints where each datagram came from; answers nothing.
LISTEN = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[1])))
print("listening")
while True:
    data, address = s.recvfrom(100)
    print(data.decode(), *address)
"""
# Sends from one port to each address:port, and prints what comes until "last" does.
SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[1])))
for target in sys.argv[3:]:
    host, port = target.split(":")
    s.sendto(sys.argv[2].encode(), (host, int(port)))
if sys.argv[2] == "hello":
    print("sent")
    while True:
        data, address = s.recvfrom(100)
        print(data.decode())
"""


def send(node, port: int, word: str, *targets: str) -> None:
    node.run([*PYTHON, SEND, str(port), word, *targets])


def observed(kind: NatKind, place) -> tuple[set[str], int]:
    """Which words came in to the client, and how many outside ports it was seen with."""
    with Sandbox.create("nat", place) as sandbox:
        client, router, near, far = behind_a_router(sandbox)
        router.apply(Nat(inside="eth0", outside="eth1", kind=kind))
        listeners = [
            node.start(f"listener-{port}", [*PYTHON, LISTEN, str(port)], ready="listening")
            for node, port in ((near, 9000), (near, 9001), (far, 9000))
        ]
        targets = ["203.0.113.2:9000", "203.0.113.2:9001", "203.0.113.3:9000"]
        # The client has spoken with port 9000 of `near` only, when the others knock.
        sender = client.start("sender", [*PYTHON, SEND, "5000", "hello", targets[0]], ready="sent")
        seen = listeners[0].wait_log("hello")
        assert seen is not None
        outside = listeners[0].log_text().split()[-1]
        listeners[0].stop()
        send(near, 9002, "other-port", f"203.0.113.1:{outside}")
        send(far, 9002, "other-remote", f"203.0.113.1:{outside}")
        send(near, 9000, "same", f"203.0.113.1:{outside}")
        sender.wait_log("same")
        words = set(sender.log_text().split()) - {"sent"}
        sender.stop()
        again = near.start("again", [*PYTHON, LISTEN, "9000"], ready="listening")
        send(client, 5001, "map", *targets)
        ports = set()
        for listener in (again, *listeners[1:]):
            listener.wait_log("map")
            ports.add(listener.log_text().split()[-1])
        return words, len(ports)


@pytest.mark.program("nft")
@pytest.mark.parametrize(
    ("kind", "words", "ports"),
    [
        (NatKind.FULL_CONE, {"same", "other-port", "other-remote"}, 1),
        (NatKind.ADDRESS_RESTRICTED, {"same", "other-port"}, 1),
        (NatKind.PORT_RESTRICTED, {"same"}, 1),
        (NatKind.SYMMETRIC, {"same"}, 3),
    ],
)
def test_who_gets_in_and_how_many_ports_are_seen(tmp_path, kind, words, ports):
    assert observed(kind, tmp_path) == (words, ports)


@pytest.mark.program("nft")
def test_a_forwarded_port_lets_a_stranger_in_to_the_host_inside(tmp_path):
    with Sandbox.create("nat", tmp_path) as sandbox:
        client, router, near, _ = behind_a_router(sandbox)
        forwards = (PortForward("udp", 1194, "192.168.50.10", 5000),)
        router.apply(Nat(inside="eth0", outside="eth1", forwards=forwards))
        listener = client.start("listener", [*PYTHON, LISTEN, "5000"], ready="listening")
        send(near, 9000, "knock", "203.0.113.1:1194")
        listener.wait_log("knock 203.0.113.2 9000")
        assert router.counts()["nat-port-forward"].packets == 1


@pytest.mark.program("nft")
def test_what_nobody_asked_for_is_dropped_and_counted_by_name(tmp_path):
    with Sandbox.create("nat", tmp_path) as sandbox:
        client, router, near, _ = behind_a_router(sandbox)
        router.apply(Nat(inside="eth0", outside="eth1"))
        near.add_route("192.168.50.0/24", via="203.0.113.1")
        assert ping(client, "203.0.113.2")
        assert not ping(near, "192.168.50.10")
        assert ping(near, "203.0.113.1")
        send(near, 9000, "knock", "203.0.113.1:7777")
        counts = router.counts()
        assert counts["nat-out"].packets == 1
        assert counts["nat-unsolicited"].packets == 1
        assert counts["nat-router-closed"].packets == 1


@pytest.mark.program("nft")
def test_a_router_that_has_forgotten_gives_a_flow_another_port(tmp_path):
    with Sandbox.create("nat", tmp_path) as sandbox:
        client, router, near, _ = behind_a_router(sandbox)
        router.apply(Nat(inside="eth0", outside="eth1", kind=NatKind.SYMMETRIC))
        listener = near.start("listener", [*PYTHON, LISTEN, "9000"], ready="listening")

        def ports() -> list[str]:
            return [line.split()[-1] for line in listener.log_text().splitlines()[1:]]

        send(client, 5000, "a", "203.0.113.2:9000")
        send(client, 5000, "b", "203.0.113.2:9000")
        wait_for(lambda: len(ports()) == 2, 5, "two datagrams")
        router.forget_flows()
        send(client, 5000, "c", "203.0.113.2:9000")
        wait_for(lambda: len(ports()) == 3, 5, "three datagrams")
        first, second, third = ports()
        assert first == second != third
