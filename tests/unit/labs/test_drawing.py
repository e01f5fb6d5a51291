"""Drawings: as planned, and with what is there."""

from __future__ import annotations

import pytest

from labs import drawing
from labs.topologies import NAMES, find
from labs.topology import Node, Segment, Topology, Vpn

TOPOLOGY = find("three-lans")

PLAN = """\
  client    eth0  192.168.50.10
  laptop    eth0  192.168.50.11
     |      client-lan 192.168.50.0/24
  nat       eth0  192.168.50.1
            eth1  203.0.113.2      NAT port-restricted
     |      provider-c 203.0.113.0/24
  internet  eth0  203.0.113.1
            eth1  198.51.100.1
     |      provider-s 198.51.100.0/29
  firewall  eth0  198.51.100.2
            eth1  198.51.100.9     lets in udp/1194, tcp/1194
     |      public 198.51.100.8/29
  server    eth0  198.51.100.10
            eth1  10.20.0.1
     |      server-lan 10.20.0.0/24
  files     eth0  10.20.0.10       HTTP, FTP, DNS"""


def test_plan_shows_the_nodes_in_the_order_of_a_packet():
    assert drawing.text(TOPOLOGY) == PLAN


@pytest.mark.parametrize("name", NAMES)
def test_every_topology_is_drawn_whole(name):
    topology = find(name)
    lines = drawing.text(topology).splitlines()
    assert max(map(len, lines)) <= 90
    for node in topology.nodes:
        (head,) = [number for number, line in enumerate(lines) if line.split()[0] == node.name]
        ports = topology.ports(node.name)
        for line, port in zip(lines[head : head + len(ports)], ports, strict=True):
            assert f" {port.dev}  {port.address.partition('/')[0]}" in line


def live():
    found = {
        node.name: {port.dev: [port.address] for port in TOPOLOGY.ports(node.name)}
        for node in TOPOLOGY.nodes
    }
    found["client"]["tun0"] = ["10.8.0.2/24"]
    found["server"]["tun0"] = ["10.8.0.1/24"]
    return found


def test_tunnel_stands_beside_the_way():
    lines = drawing.text(TOPOLOGY, live(), "udp/1194").splitlines()
    ends = [number for number, line in enumerate(lines) if line.endswith("=+")]
    assert [lines[number].split()[1] for number in ends] == ["10.8.0.2", "10.8.0.1"]
    column = lines[ends[0]].rindex("+")
    assert all(line[column] == "|" for line in lines[ends[0] + 1 : ends[1]])
    assert sum("udp/1194" in line[column:] for line in lines) == 1
    assert max(len(line) for line in lines) <= 80


def test_address_that_is_gone_is_said():
    found = live()
    found["client"] = {"eth0": []}
    lines = drawing.text(TOPOLOGY, found).splitlines()
    assert lines[0].split() == ["client", "eth0", "no", "address"]
    assert not any("=+" in line for line in lines)


def test_nodes_off_the_way_come_last_and_once():
    topology = Topology(
        "t", "",
        (
            Segment("one", "192.0.2.0/25", {"client": 1, "server": 2}),
            Segment("two", "192.0.2.128/25", {"server": 1, "apart": 2}),
        ),
        (Node("client"), Node("server"), Node("apart")),
        Vpn(("client",), "server", "192.0.2.2", "server"),
    )  # fmt: skip
    lines = drawing.text(topology).splitlines()
    names = [line.split()[0] for line in lines]
    assert lines[4].split() == ["|", "two", "192.0.2.128/25", "at", "server"]
    assert names == ["client", "|", "server", "eth1", "|", "apart"]
