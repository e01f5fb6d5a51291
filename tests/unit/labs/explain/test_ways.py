"""On which ways packets are to arrive, if nobody says or somebody does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from labs import topologies
from labs.errors import LabError
from labs.explain.ways import Way, address_of, asked, contains, is_next_to, is_own

INNER = {"client-a": "10.8.0.2", "client-b": "10.8.0.3"}


def lab(name, inner):
    topology = topologies.find(name)

    def tunnel_address(node):
        if node not in inner:
            raise LabError(f"{node} has no address in the tunnel")
        return inner[node]

    nodes = {node.name: None for node in topology.nodes}
    clients = [SimpleNamespace(name=one) for one in topology.vpn.clients]
    return SimpleNamespace(
        topology=topology, nodes=nodes, clients=clients, tunnel_address=tunnel_address
    )


def test_each_client_and_the_target_if_nobody_says():
    assert asked(lab("two-clients", INNER), None, None) == [
        [Way("files", "10.8.0.2", "client-a"), Way("files", "10.8.0.3", "client-b")],
        [Way("client-a", "10.20.0.10", "files"), Way("client-b", "10.20.0.10", "files")],
    ]


def test_one_way_only_if_somebody_does():
    place = lab("two-clients", INNER)
    assert asked(place, "client-a", "client-b") == [[Way("client-a", "10.8.0.3", "client-b")]]
    assert asked(place, "client-a", "192.0.2.1") == [[Way("client-a", "192.0.2.1", "")]]


def test_a_client_without_an_address_inside_has_that_outside():
    assert address_of(lab("two-clients", {}), "client-b") == "192.168.50.10"


def test_an_address_can_be_in_a_near_network_and_its_node_far():
    place = lab("overlapping", {})
    assert is_own(place, "client", "192.168.0.20")
    assert not is_next_to(place, "client", "files")
    assert is_next_to(place, "client", "printer")


@pytest.mark.parametrize(
    ("prefix", "address", "is_in"),
    [("10.8.0.0/24", "10.8.0.9", True), ("10.8.0.2", "10.8.0.3", False), ("::/0", "::1", True)],
)
def test_addresses_in_networks(prefix, address, is_in):
    assert contains(prefix, address) is is_in
    assert not contains("10.0.0.0/8", "2001:db8::1")
