"""A capture of every cable: whole, in order, once, as a real cable would have carried it."""

from __future__ import annotations

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapNgReader

from netns import NetnsError, Sandbox
from tests.scenario.netns_networks import PYTHON, behind_a_router, ping, two_hosts

SERVE = """
import socket, sys
listener = socket.create_server(("0.0.0.0", 9000))
print("listening")
connection, _ = listener.accept()
while connection.recv(1 << 16):
    pass
connection.sendall(b"done")
"""
SEND = """
import socket
s = socket.create_connection(("192.0.2.2", 9000))
s.sendall(bytes(range(256)) * 4000)
s.shutdown(socket.SHUT_WR)
print(s.recv(10))
"""


def frames(path) -> list[tuple[str, int, Ether]]:
    """Read (interface, nanoseconds, frame) in the order of the file."""
    with RawPcapNgReader(str(path)) as reader:
        return [
            (about.ifname.decode(), (about.tshigh << 32) | about.tslow, Ether(data))
            for data, about in reader
        ]


def echoes(path) -> list[tuple[str, str]]:
    """What the pings of a capture say: interface, and source address with type."""
    return [
        (name, f"{frame[IP].src} {'request' if frame[ICMP].type == 8 else 'reply'}")
        for name, _, frame in frames(path)
        if ICMP in frame
    ]


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox.create("demo", tmp_path / "state") as sandbox:
        yield sandbox


def test_a_ping_is_seen_on_every_cable_it_crosses_in_order(sandbox, tmp_path):
    client, _, near, _ = behind_a_router(sandbox)
    near.add_route("192.168.50.0/24", via="203.0.113.1")
    with sandbox.capture(tmp_path / "x.pcapng") as capture:
        assert capture.alive
        assert ping(client, "203.0.113.2")
    assert echoes(capture.path) == [
        ("inside: client eth0", "192.168.50.10 request"),
        ("outside: router eth1", "192.168.50.10 request"),
        ("outside: near eth0", "203.0.113.2 reply"),
        ("inside: router eth0", "203.0.113.2 reply"),
    ]


def test_with_both_ends_a_frame_that_reaches_nobody_can_be_told(sandbox, tmp_path):
    client, server = two_hosts(sandbox)
    assert ping(client, "192.0.2.2")  # so that nobody asks for addresses any more
    with sandbox.capture(tmp_path / "x.pcapng", ["lan"], both=True) as capture:
        assert ping(client, "192.0.2.2")
        server.set_carrier("eth0", up=False)
        assert not ping(client, "192.0.2.2")
    assert echoes(capture.path) == [
        ("lan: client eth0", "192.0.2.1 request"),
        ("lan: server eth0", "192.0.2.1 request"),
        ("lan: server eth0", "192.0.2.2 reply"),
        ("lan: client eth0", "192.0.2.2 reply"),
        ("lan: client eth0", "192.0.2.1 request"),
    ]


def test_bulk_traffic_is_captured_whole_in_packets_that_fit_and_check(sandbox, tmp_path):
    client, server = two_hosts(sandbox)
    served = server.start("serve", [*PYTHON, SERVE], ready="listening")
    with sandbox.capture(tmp_path / "x.pcapng") as capture:
        assert client.run([*PYTHON, SEND]).stdout == "b'done'\n"
        served.wait()
    assert capture.lost == 0
    found = frames(capture.path)
    times = [moment for _, moment, _ in found]
    assert times == sorted(times)
    assert max(len(frame) for _, _, frame in found) <= 1514
    stream: dict[int, bytes] = {}
    for name, _, frame in found:
        if TCP not in frame:
            continue
        claimed = (frame[IP].chksum, frame[TCP].chksum)
        again = frame.copy()
        del again[IP].chksum, again[TCP].chksum
        again = Ether(bytes(again))
        assert (again[IP].chksum, again[TCP].chksum) == claimed
        if name == "lan: client eth0":
            size = frame[IP].len - frame[IP].ihl * 4 - frame[TCP].dataofs * 4
            stream[frame[TCP].seq] = bytes(frame[TCP].payload)[:size]
    assert sum(len(part) for part in stream.values()) == 256 * 4000


def test_two_captures_at_once_and_one_of_a_single_segment(sandbox, tmp_path):
    client, router, _, _ = behind_a_router(sandbox)
    inside = sandbox.capture(tmp_path / "inside.pcapng", ["inside"])
    outside = sandbox.capture(tmp_path / "outside.pcapng", [sandbox.segments()["outside"]])
    client.run([*PYTHON, "import socket; socket.socket(2, 2).sendto(b'x', ('203.0.113.2', 9))"])
    assert ping(router, "203.0.113.2")
    assert [frame[UDP].dport for _, _, frame in frames(inside.stop()) if UDP in frame] == [9]
    assert {name.split(":")[0] for name, _, _ in frames(outside.stop())} == {"outside"}


def test_nothing_to_capture_and_nowhere_to_are_refused(sandbox, tmp_path):
    with pytest.raises(NetnsError, match="no segment has a cable"):
        sandbox.capture(tmp_path / "x.pcapng")
    two_hosts(sandbox)
    with pytest.raises(NetnsError, match="No such file or directory"):
        sandbox.capture(tmp_path / "nowhere" / "x.pcapng")
    with pytest.raises(NetnsError, match="no segment wan"):
        sandbox.capture(tmp_path / "x.pcapng", ["wan"])
