"""What a topology says of itself."""

from __future__ import annotations

import pytest

from labs.errors import TopologyError
from labs.topologies import NAMES, find
from labs.topology import Forward, Node, Opening

TOPOLOGY = find("three-lans")


def test_links_are_numbered_in_the_order_of_the_segments():
    ports = [(port.dev, port.segment, port.address) for port in TOPOLOGY.ports("firewall")]
    assert ports == [
        ("eth0", "provider-s", "198.51.100.2/29"),
        ("eth1", "public", "198.51.100.9/29"),
    ]


def test_dev_is_found_by_segment():
    assert TOPOLOGY.dev("nat", "client-lan") == "eth0"
    assert TOPOLOGY.dev("nat", "provider-c") == "eth1"
    with pytest.raises(TopologyError, match="is not in segment server-lan"):
        TOPOLOGY.dev("nat", "server-lan")


def test_address_is_found_by_segment():
    assert TOPOLOGY.address("server", "public") == "198.51.100.10"
    assert TOPOLOGY.address("files") == "10.20.0.10"


def test_unknown_node_is_refused_with_those_there_are():
    with pytest.raises(TopologyError, match="no such node, only client, laptop, nat"):
        TOPOLOGY.node("nobody")


def test_router_is_who_forwards_translates_or_filters():
    assert [node.name for node in TOPOLOGY.nodes if node.is_router] == [
        "nat", "internet", "firewall", "server",
    ]  # fmt: skip
    assert not Node("plain").is_router


def test_opening_has_the_name_that_its_counter_gets():
    assert Opening("udp", 1194).name == "open-udp-1194"
    assert str(Opening("tcp", 443, "192.0.2.1")) == "tcp/443 to 192.0.2.1"


def test_forward_is_written_as_in_a_file():
    assert str(Forward("udp", 1194, "10.20.0.2")) == "udp/1194 to 10.20.0.2"
    assert str(Forward("tcp", 80, "10.20.0.2", 8080)) == "tcp/80 to 10.20.0.2:8080"


def test_vpn_on_another_port_is_let_in_and_led_to_on_that_one():
    gate = find("server-behind-nat").with_port(443).node("gate")
    assert gate.nat is not None
    assert [str(one) for one in gate.nat.forwards] == [
        "udp/443 to 10.20.0.2",
        "tcp/443 to 10.20.0.2",
    ]
    firewall = TOPOLOGY.with_port(443).node("firewall").firewall
    assert firewall is not None
    assert {one.port for one in firewall.open} == {443}


@pytest.mark.parametrize("name", NAMES)
def test_title_is_one_line_and_the_drawing_has_every_node_and_fits(name):
    topology = find(name)
    assert topology.title
    assert "\n" not in topology.title
    assert all(node.name in topology.drawing for node in topology.nodes)
    assert max(map(len, topology.drawing.splitlines())) <= 100
