"""Links, addresses and routes behave as with real cables, for both versions of IP."""

from __future__ import annotations

import sys

import pytest

from netns import NetnsError, Sandbox, wait_for
from tests.scenario.netns_networks import behind_a_router, ping, two_hosts


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        yield sandbox


def test_a_pulled_cable_is_a_loss_of_carrier(sandbox):
    client, server = two_hosts(sandbox)
    server.set_carrier("eth0", up=False)
    assert server.links()["eth0"].operstate in {"down", "lowerlayerdown"}
    assert server.links()["eth0"].is_up  # the node has not switched it off
    assert not ping(client, "192.0.2.2")
    server.set_carrier("eth0", up=True)
    # The client asks for the server's address once a second since the ping that failed.
    wait_for(lambda: ping(client, "192.0.2.2"), 5, "a ping over the cable")


def test_a_link_that_is_switched_off_and_on(sandbox):
    client, _ = two_hosts(sandbox)
    client.link_down("eth0")
    assert not client.links()["eth0"].is_up
    client.link_up("eth0")
    client.wait_link_up("eth0")
    assert ping(client, "192.0.2.2")


def test_an_ipv6_address_can_be_used_at_once(sandbox):
    client, server = two_hosts(sandbox)
    client.add_address("eth0", "2001:db8::1/64")
    server.add_address("eth0", "2001:db8::2/64")
    assert ping(client, "2001:db8::2")


def test_an_address_taken_away_does_not_answer(sandbox):
    client, server = two_hosts(sandbox)
    server.add_address("eth0", "192.0.2.3/24")
    assert ping(client, "192.0.2.3")
    server.remove_address("eth0", "192.0.2.3/24")
    assert not ping(client, "192.0.2.3")


def test_a_packet_larger_than_the_link_does_not_fit(sandbox):
    a, b = sandbox.add_node("a"), sandbox.add_node("b")
    sandbox.add_segment("jumbo", [(a, "eth0"), (b, "eth0")], mtu=9000)
    a.add_address("eth0", "192.0.2.1/24")
    b.add_address("eth0", "192.0.2.2/24")
    big = ["ping", "-c1", "-W1", "-Mdo", "-s", "8000", "192.0.2.2"]
    assert a.run(big).returncode == 0
    a.set_mtu("eth0", 1400)
    assert a.links()["eth0"].mtu == 1400
    assert a.run(big, check=False).returncode != 0


def test_only_a_router_forwards(sandbox):
    client, router, near, _ = behind_a_router(sandbox)
    near.add_route("192.168.50.0/24", via="203.0.113.1")
    assert router.sysctl("net.ipv4.ip_forward") == "1"
    assert client.sysctl("net.ipv4.ip_forward") == near.sysctl("net.ipv4.ip_forward") == "0"
    assert ping(client, "203.0.113.2")
    router.set_sysctl("net.ipv4.ip_forward", 0)
    assert not ping(client, "203.0.113.2")


def test_a_route_is_replaced_refused_and_removed(sandbox):
    client, router, near, _ = behind_a_router(sandbox)
    near.add_route("default", via="203.0.113.1")
    client.add_route("203.0.113.2/32", kind="unreachable")
    assert not ping(client, "203.0.113.2")
    assert ping(router, "203.0.113.2")
    client.remove_route("203.0.113.2/32", kind="unreachable")
    client.add_route("default", via="192.168.50.99")  # replaces
    assert not ping(client, "203.0.113.2")
    client.add_route("default", via="192.168.50.1")
    assert ping(client, "203.0.113.2")
    refused = r"^remove route client 198\.51\.100\.0/24 192\.168\.50\.1 unicast: No such process$"
    with pytest.raises(NetnsError, match=refused):
        client.remove_route("198.51.100.0/24", via="192.168.50.1")


def test_the_switch_is_silent_and_its_firewall_hooks_are_off(sandbox):
    two_hosts(sandbox)
    switch = sandbox.node("switch")
    assert switch.sysctl("net.bridge.bridge-nf-call-iptables") == "0"
    assert switch.sysctl("net.ipv6.conf.default.disable_ipv6") == "1"
    assert set(switch.links()) == {"lo", "lan", "client.eth0", "server.eth0"}
    with pytest.raises(NetnsError, match="not a setting of a network namespace"):
        switch.set_sysctl("kernel.hostname", "x")


def test_names_too_long_for_a_link_are_numbered(sandbox):
    a, b = sandbox.add_node("a-node-with-a-long-name"), sandbox.add_node("b")
    segment = sandbox.add_segment("a-segment-with-a-long-name", [(a, "eth0"), (b, "eth0")])
    assert sandbox.segments() == {"a-segment-with-a-long-name": segment}
    assert [port.port for port in segment.ports] == ["port1.1", "b.eth0"]
    assert segment.bridge == "segment1"


@pytest.mark.tun
def test_a_bridge_in_a_node_joins_its_links_and_a_tap(sandbox):
    left, middle, right = (sandbox.add_node(name) for name in ("left", "middle", "right"))
    sandbox.add_segment("one", [(left, "eth0"), (middle, "eth0")])
    sandbox.add_segment("two", [(middle, "eth1"), (right, "eth0")])
    left.add_address("eth0", "192.0.2.1/24")
    right.add_address("eth0", "192.0.2.2/24")
    assert not ping(left, "192.0.2.2")
    middle.add_tap("tap0")
    middle.add_bridge("br0", ["eth0", "eth1", "tap0"])
    middle.add_address("br0", "192.0.2.3/24")
    for address in ("192.0.2.2", "192.0.2.3"):
        # Whom the first ping did not find is asked for once a second.
        wait_for(lambda: ping(left, address), 5, f"a ping of {address}")  # noqa: B023
    assert middle.links()["tap0"].is_up
    with pytest.raises(NetnsError, match="no link eth7"):
        middle.add_bridge("br1", ["eth7"])


SEND_A_TRAIN = """
import socket
train = b"".join(bytes([number]) * 500 for number in range(9))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.sendmsg([train], [(17, 103, (500).to_bytes(2, "little"))], 0, ("192.0.2.2", 5000))
"""


@pytest.mark.parametrize("offload", [False, True])
def test_a_cable_carries_datagrams_one_by_one_unless_told_otherwise(sandbox, offload):
    a, b = sandbox.add_node("a"), sandbox.add_node("b")
    sandbox.add_segment("lan", [(a, "eth0"), (b, "eth0")], offload=offload)
    a.add_address("eth0", "192.0.2.1/24")
    b.add_address("eth0", "192.0.2.2/24")
    assert ping(a, "192.0.2.2")
    before = received(b)
    a.run([sys.executable, "-c", SEND_A_TRAIN])
    assert ping(a, "192.0.2.2")  # it comes behind the train
    assert (received(b) - before < 9) is offload


def received(node) -> int:
    """Packets that have come by a node's cable."""
    return int(node.run(["cat", "/sys/class/net/eth0/statistics/rx_packets"]).stdout)
