"""Topologies from TOML: what is read, and which file and key an error names."""

from __future__ import annotations

import json

import pytest

from labs.errors import LabError
from labs.topologies import NAMES, find
from labs.topology import Balancer, Bridge, Firewall, Forward, Nat, Opening
from labs.topology_file import from_dict, load, to_dict

SITE = """
title = "one router between two hosts"

[segments.left]
subnet = "192.0.2.0/25"
hosts = { client = 10, gate = 1 }

[segments.right]
subnet = "192.0.2.128/25"
hosts = { gate = 1, server = 10 }
mtu = 1400
offload = true

[nodes.client]
gateway = "192.0.2.1"

[nodes.gate]
firewall = { inside = "right", outside = "left", open = ["udp/1194 to 192.0.2.138", "tcp/80"] }
routes = { "10.0.0.0/8" = "192.0.2.138" }

[nodes.gate.nat]
inside = "left"
outside = "right"
kind = "symmetric"
forwards = ["tcp/80 to 192.0.2.10:81"]

[nodes.server.bridge]
segment = "right"
pool = [50, 60]

[vpn]
clients = ["client"]
server = "server"
remote = "192.0.2.138"
target = "server"
iroutes = { client = ["10.1.0.0/16"] }
"""


def written(tmp_path, text):
    path = tmp_path / "my-site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_file_is_read(tmp_path):
    topology = load(written(tmp_path, SITE))
    assert topology.name == "my-site"
    assert [node.name for node in topology.nodes] == ["client", "gate", "server"]
    gate = topology.node("gate")
    assert gate.nat == Nat("left", "right", "symmetric", (Forward("tcp", 80, "192.0.2.10", 81),))
    opened = (Opening("udp", 1194, "192.0.2.138"), Opening("tcp", 80))
    assert gate.firewall == Firewall("right", "left", opened)
    assert gate.routes == {"10.0.0.0/8": "192.0.2.138"}
    assert topology.segments[1].mtu == 1400
    assert [segment.offload for segment in topology.segments] == [False, True]
    assert topology.node("server").bridge == Bridge("right", (50, 60))
    assert topology.vpn.iroutes == {"client": ("10.1.0.0/16",)}
    assert topology.ports("server")[0].address == "192.0.2.138/25"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back(name):
    topology = find(name)
    assert topology.name == name
    kept = json.loads(json.dumps(to_dict(topology)))
    assert from_dict(kept, "state") == topology


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("client = 10,", "client = 127,", "segments.left.hosts.client: must be 1..126"),
        ("client = 10,", 'client = "ten",', "segments.left.hosts.client: must be a number"),
        ("client = 10,", "client = 1,", "segments.left.hosts.gate: client has the number 1"),
        ("client = 10,", "client = true,", "segments.left.hosts.client: must be a number"),
        ('"192.0.2.0/25"', '"192.0.2.0/33"', "segments.left.subnet: '192.0.2.0/33'"),
        ('subnet = "192.0.2.0/25"', "", "segments.left.subnet: is missing"),
        ("mtu = 1400", "mtu = 20", "segments.right.mtu: must be 576..9000, not 20"),
        ("mtu = 1400", "speed = 20", "segments.right.speed: is not known here"),
        ("[nodes.client]", "[nodes.clint]", "nodes.clint: is in no segment"),
        ('gateway = "192.0.2.1"', 'gateway = "192.0.3.1"', "nodes.client.gateway: must be in"),
        ('gateway = "192.0.2.1"', 'services = ["gopher"]', "nodes.client.services: must be of"),
        ('"symmetric"', '"conical"', "nodes.gate.nat.kind: must be full-cone or"),
        ('outside = "right"', 'outside = "up"', "nodes.gate.nat.outside: must be left or right"),
        ("2.10:81", "2.10:0", "nodes.gate.nat.forwards: must be like"),
        ("2.10:81", "2.140", "nodes.gate.nat.forwards: must lead to an address in 192.0.2.0/25"),
        ("[50, 60]", "[50]", "nodes.server.bridge.pool: must be like [100, 150]"),
        ("[50, 60]", "[60, 50]", "nodes.server.bridge.pool: must begin before it ends"),
        ("[50, 60]", "[50, 127]", "nodes.server.bridge.pool: must be 1..126"),
        ("[50, 60]", "[9, 20]", "nodes.server.bridge.pool: has the number 10"),
        ('segment = "right"', 'segment = "left"', "nodes.server.bridge.segment: must be right"),
        ("[nodes.server.bridge]", "[nodes.client.bridge]", "nodes.client.bridge: is for the VPN's"),
        ("{ client = [", "{ server = [", "vpn.iroutes.server: no such client, only client"),
        ('["10.1.0.0/16"]', '["10.1.0.0/8"]', "vpn.iroutes.client: must be an IPv4 prefix"),
        ('"tcp/80"', '"tcp/0"', "nodes.gate.firewall.open: must be like"),
        ('"10.0.0.0/8" =', '"10.0.0.0/7" = "192.0.2.138", "x" =', "nodes.gate.routes: 'x' is not"),
        ('server = "server"', 'server = "srv"', 'vpn.server: no node "srv", only client'),
        ('clients = ["client"]', "clients = []", "vpn.clients: must name at least one node"),
        ('remote = "192.0.2.138"', 'remote = "there"', "vpn.remote: must be an address"),
        ("[vpn]", "[vpm]", "vpn: is missing"),
        ("[vpn]", "[vpn]\nport = 70000", "vpn.port: must be 1..65535"),
        ("[vpn]", '[vpn]\nroutes = ["10.20.0.1/24"]', "vpn.routes: must be an IPv4 prefix"),
    ],
)
def test_error_names_the_file_and_the_key(tmp_path, old, new, message):
    assert old in SITE
    with pytest.raises(LabError) as caught:
        load(written(tmp_path, SITE.replace(old, new)))
    assert str(caught.value).startswith(f"my-site.toml: {message}")
    assert "\n" not in str(caught.value)


def test_broken_toml_names_the_line(tmp_path):
    with pytest.raises(LabError, match=r"my-site\.toml is not TOML: .*line 2"):
        load(written(tmp_path, "a = 1\nb = = 2\n"))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(LabError, match=r"cannot read .*none\.toml: No such file"):
        load(tmp_path / "none.toml")


def two_servers(*path, value):
    """The tables of the topology with one key changed."""
    tables = to_dict(find("two-servers"))
    *way, key = path
    place = tables
    for step in way:
        place = place[step]
    place[key] = value
    return tables


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("nodes", "balancer", "balancer", "mode"), "random", "must be by-flow or per-packet"),
        (("nodes", "balancer", "balancer", "pinned"), "files", "must be server-a or server-b"),
        (("nodes", "balancer", "balancer", "flip_after"), 0, "must be 1..999999, not 0"),
        (("nodes", "balancer", "balancer", "outside"), "line-a", "must be public or servers"),
        (("nodes", "balancer", "balancer", "inside"), "public", "server-a is not in public"),
        (("nodes", "firewall-a", "firewall", "answers_only"), 1, "must be true or false"),
        (("vpn", "more_servers", "server-c"), "10.9.0.0/24", 'no node "server-c"'),
        (("vpn", "more_servers", "server-b"), "10.9.0.1/24", "must be an IPv4 prefix"),
    ],
)
def test_error_in_a_site_of_several_servers_names_the_key(path, value, message):
    with pytest.raises(LabError, match=message) as caught:
        from_dict(two_servers(*path, value=value), "site.toml")
    assert str(caught.value).startswith(f"site.toml: {path[0]}.{path[1]}")


def test_pinned_server_is_read():
    tables = two_servers("nodes", "balancer", "balancer", "pinned", value="server-b")
    balancer = from_dict(tables, "site.toml").node("balancer").balancer
    assert balancer == Balancer("servers", "public", pinned="server-b")
