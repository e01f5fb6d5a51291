"""Every topology that comes with the lab comes up, with either program at either end."""

from __future__ import annotations

import os

import pytest

from labs import build, topologies
from labs.bringup import first_ping, new_lab
from labs.settings import Settings
from netns import wait_for

pytestmark = pytest.mark.tun

PAIRS = (("ours", "ours"), ("ours", "openvpn"), ("openvpn", "ours"))
STOCK = ("openvpn", "openvpn")


@pytest.fixture
def lab_of():
    """Bring a topology up: lab_of("two-clients", ("ours", "openvpn"), "proto=tcp", ...)."""
    labs = []

    def bring_up(name, pair=("ours", "ours"), *sets):
        settings = Settings.of(*pair, sets)
        topology = settings.fitted(topologies.find(name))
        labs.append(new_lab(f"{name}-{os.getpid()}", topology, settings))
        return labs[-1]

    yield bring_up
    for lab in labs:
        lab.down()


def is_reached(lab, node, address) -> bool:
    done = lab.run(node, ["ping", "-nq", "-c3", "-i0.1", "-w2", address], check=False)
    return done.returncode == 0


@pytest.mark.openvpn
@pytest.mark.parametrize(
    ("name", "pair"),
    [
        *((name, pair) for name in topologies.NAMES for pair in PAIRS),
        ("two-servers", STOCK),
        ("bridged", STOCK),
    ],
    ids=lambda value: value if isinstance(value, str) else "/".join(value),
)
def test_every_topology_comes_up_and_every_client_reaches_its_target(lab_of, name, pair):
    lab = lab_of(name, pair)
    first_ping(lab)
    target = lab.topology.address(lab.topology.vpn.target)
    for client in lab.clients:
        route = lab.run(client.name, ["ip", "route", "get", target]).stdout
        assert " dev t" in route
        assert is_reached(lab, client.name, target)


@pytest.mark.parametrize("name", ["server-behind-nat", "bridged", "two-servers"])
def test_whatever_leads_to_the_server_leads_there_over_tcp_on_another_port(lab_of, name):
    first_ping(lab_of(name, ("ours", "ours"), "proto=tcp", "port=443"))


@pytest.mark.parametrize(("sets", "ttl"), [((), 63), (("client-to-client",), 64)])
def test_clients_with_one_address_are_two_in_the_tunnel(lab_of, sets, ttl):
    lab = lab_of("two-clients", ("ours", "ours"), "client-b:verb=4", *sets)
    first, second = (lab.tunnel_address(name) for name in ("client-a", "client-b"))
    assert first != second
    pinged = lab.run("client-a", ["ping", "-nc1", "-W2", second]).stdout
    assert f"ttl={ttl}" in pinged  # one less if the server's kernel has seen it
    assert "verb 4" in lab.clients[1].config.read_text("utf-8")
    assert "verb 3" in lab.clients[0].config.read_text("utf-8")


@pytest.mark.program("curl")
def test_equal_addresses_are_told_apart_by_the_side_that_they_are_on(lab_of):
    lab = lab_of("overlapping")
    page = ["curl", "-s", "-m5", "http://192.168.0.20/"]
    assert "You have reached printer" in lab.run("client", page).stdout
    assert "You have reached files" in lab.run("server", page).stdout


@pytest.mark.openvpn
@pytest.mark.program("curl")
@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_pushed_route_to_the_clients_own_prefix_takes_its_lan_away(lab_of, pair):
    lab = lab_of("overlapping", pair, "push=route 192.168.0.0 255.255.255.0")
    page = ["curl", "-s", "-m5", "http://192.168.0.20/"]
    assert "You have reached files" in lab.run("client", page).stdout
    first_ping(lab)
    lab.client.stop()
    assert "You have reached printer" in lab.run("client", page).stdout


def test_port_that_is_not_forwarded_does_not_lead_to_the_server(lab_of):
    lab = lab_of("server-behind-nat")
    counts = lab["gate"].counts()
    assert counts["nat-port-forward"].packets > 0
    assert not is_reached(lab, "laptop", "10.20.0.2")


def test_either_lan_of_two_sites_reaches_the_other(lab_of):
    lab = lab_of("site-to-site")
    assert is_reached(lab, "branch-pc", "10.20.0.10")
    assert is_reached(lab, "files", "192.168.50.10")
    assert lab["client"].counts()["nat-out"].packets <= 1  # the tunnel's own flow


@pytest.mark.openvpn
@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_sites_reach_each_other_and_keep_their_own_lan(lab_of, pair):
    lab = lab_of("three-sites", pair, "client-to-client")
    assert is_reached(lab, "pc-a", "192.168.52.10")
    assert is_reached(lab, "client-c", "192.168.51.10")
    assert is_reached(lab, "pc-b", lab.tunnel_address("client-c"))
    own = lab.run("client-a", ["ip", "route", "show", "192.168.51.0/24"]).stdout
    assert "tun0" not in own
    assert "192.168.52.0/24" in lab.run("client-a", ["ip", "route"]).stdout


def test_bridged_client_is_in_the_servers_network(lab_of):
    lab = lab_of("bridged")
    assert lab.tunnel_address("client") == "10.20.0.100"
    assert lab.tunnel_address("server") == "10.20.0.1"
    assert is_reached(lab, "files", "10.20.0.100")
    neighbours = lab.run("files", ["ip", "neighbour", "show", "10.20.0.100"]).stdout
    mac = lab["client"].links()["tap0"].mac
    assert mac in neighbours
    held = lab.run("server", ["ip", "-br", "link", "show", "master", "br0"]).stdout
    assert {line.split()[0].partition("@")[0] for line in held.splitlines()} == {"eth1", "tap0"}


@pytest.mark.parametrize(
    ("server", "address"), [("server-a", "10.8.0.2"), ("server-b", "10.9.0.2")]
)
def test_client_is_with_the_server_that_the_balancer_chose(lab_of, server, address):
    lab = lab_of("two-servers")
    build.rebalance(lab["balancer"], lab.topology, pinned=server)
    lab.stop_tunnel()
    lab.start_tunnel(20)
    assert lab.tunnel_address("client") == address
    first_ping(lab)
    balanced = lab["balancer"].counts()["balancer-answer"].packets
    assert balanced > 5


def test_answers_by_the_other_line_are_dropped_until_both_ways_take_it(lab_of):
    lab = lab_of("two-servers")
    lab.client.stop()
    lab["internet"].add_route("198.51.100.8/29", via="192.0.2.2")
    lab.client.start()
    dropped = lambda: lab["firewall-a"].counts()["forward-default"].packets  # noqa: E731
    before = dropped()
    wait_for(lambda: dropped() > before, 10, "firewall-a to drop an answer")
    assert lab.client.state == "connecting"
    lab["balancer"].add_route("default", via="198.51.100.11")
    lab.client.wait_up(20)
    first_ping(lab)


@pytest.mark.openvpn
@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_handshake_fails_when_the_balancer_flips_in_the_middle_of_it(lab_of, pair):
    lab = lab_of("two-servers", pair, "client:hand-window=3", "client:connect-retry=1")
    lab.client.stop()
    build.rebalance(lab["balancer"], lab.topology, flip_after=1)
    lab.client.start()
    lab.client.process.wait_log("TLS key negotiation failed to occur within 3 seconds")
    build.rebalance(lab["balancer"], lab.topology, pinned="server-b")
    lab.client.wait_up(20)  # the next attempt meets one server only
    assert lab.tunnel_address("client") == "10.9.0.2"


def test_handshake_fails_when_the_balancer_spreads_its_packets(lab_of):
    lab = lab_of("two-servers", ("ours", "ours"), "client:hand-window=3")
    lab.client.stop()
    build.rebalance(lab["balancer"], lab.topology, mode="per-packet")
    lab.client.start()
    lab.client.process.wait_log("TLS key negotiation failed to occur within 3 seconds")
    build.restore(lab["balancer"], lab.topology)
    lab.client.wait_up(20)
