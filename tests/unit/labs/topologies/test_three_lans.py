"""The reference topology has exactly the addresses of its drawing."""

from __future__ import annotations

import pytest

from labs.errors import LabError
from labs.topologies import NAMES, find
from labs.topology_check import check

ADDRESSES = {
    "client": ["192.168.50.10/24"],
    "laptop": ["192.168.50.11/24"],
    "nat": ["192.168.50.1/24", "203.0.113.2/24"],
    "internet": ["203.0.113.1/24", "198.51.100.1/29"],
    "firewall": ["198.51.100.2/29", "198.51.100.9/29"],
    "server": ["198.51.100.10/29", "10.20.0.1/24"],
    "files": ["10.20.0.10/24"],
}


def test_addresses_are_those_of_the_drawing():
    topology = find("three-lans")
    found = {
        node.name: [port.address for port in topology.ports(node.name)] for node in topology.nodes
    }
    assert found == ADDRESSES
    for addresses in found.values():
        for address in addresses:
            assert f".{address.partition('/')[0].rpartition('.')[2]} " in topology.drawing + " "


@pytest.mark.parametrize("name", NAMES)
def test_every_topology_can_be_built_and_has_a_title(name):
    topology = find(name)
    check(topology, name)
    assert topology.name == name
    assert topology.title


def test_unknown_topology_is_refused_with_those_there_are():
    with pytest.raises(LabError, match=r'no topology "four-lans" \(one of three-lans'):
        find("four-lans")
