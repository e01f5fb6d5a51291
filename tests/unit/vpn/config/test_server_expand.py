"""What `server` and `server-bridge` stand for, by topology."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.unit.vpn.config.configs import SERVER, configured, server
from vpn.config.options import DevType, Pool, Topology
from vpn.errors import ConfigError


def bridged(bridge: str) -> str:
    return SERVER.replace("server 10.8.0.0 255.255.255.0", f"dev tap0\nserver-bridge {bridge}")


def test_server_means_subnet_by_default():
    options = server()
    assert options.server.mode_server
    assert options.tls.is_server
    assert options.tun.topology is Topology.SUBNET
    assert options.tun.ifconfig == ("10.8.0.1", "255.255.255.0")
    assert options.tun.route_gateway == "10.8.0.2"
    assert options.server.pool == Pool("10.8.0.2", "10.8.0.254", "255.255.255.0")
    assert options.server.push == ("route-gateway 10.8.0.1", "topology subnet")


@pytest.mark.shows("ifconfig-push-constraint")
def test_addresses_of_clients_are_inside_of_the_servers_network():
    assert server().access.address_constraint == ip_network("10.8.0.0/24")


def test_server_with_net30_gives_pairs():
    options = server("topology net30")
    assert options.access.address_constraint is None
    assert options.tun.ifconfig == ("10.8.0.1", "10.8.0.2")
    assert options.server.pool == Pool("10.8.0.4", "10.8.0.251")
    assert [(one.network, one.netmask) for one in options.tun.routes] == [
        ("10.8.0.0", "255.255.255.0")
    ]
    assert options.server.push == ("route 10.8.0.1", "topology net30")


def test_clients_of_a_net30_server_reach_each_other_through_a_route():
    options = server("topology net30\nclient-to-client")
    assert options.server.push == ("route 10.8.0.0 255.255.255.0", "topology net30")


def test_the_smallest_net30_uses_all_of_its_room():
    text = SERVER.replace("255.255.255.0", "255.255.255.248") + "topology net30"
    assert configured(text).server.pool == Pool("10.8.0.4", "10.8.0.7")


def test_a_p2p_server_pushes_no_route_to_itself():
    assert server("topology p2p").server.push == ("topology p2p",)


def test_a_tap_server_pushes_no_topology():
    options = server("dev tap")
    assert options.tun.dev_type is DevType.TAP
    assert options.tun.ifconfig == ("10.8.0.1", "255.255.255.0")
    assert options.server.push == ("route-gateway 10.8.0.1",)


def test_a_named_device_is_a_tap_by_its_type():
    assert server("dev vpn0\ndev-type tap").server.push == ("route-gateway 10.8.0.1",)


def test_nopool_leaves_the_pool_to_the_user():
    text = SERVER.replace("255.255.255.0", "255.255.255.0 nopool")
    assert configured(text).server.pool is None
    pool = "ifconfig-pool 10.8.0.100 10.8.0.199 255.255.255.0"
    assert configured(f"{text}{pool}").server.pool.start == "10.8.0.100"


def test_a_written_route_gateway_stays():
    assert server("route-gateway 10.8.0.9").tun.route_gateway == "10.8.0.9"


def test_written_pushes_come_first():
    options = server('push "route 10.20.0.0 255.255.0.0"\nkeepalive 10 60')
    assert options.server.push == (
        "route 10.20.0.0 255.255.0.0",
        "route-gateway 10.8.0.1",
        "topology subnet",
        "ping 10",
        "ping-restart 60",
    )
    assert (options.link.ping, options.link.ping_restart) == (10, 120)


def test_server_bridge_hands_out_a_part_of_the_bridged_network():
    options = configured(bridged("10.8.0.4 255.255.255.0 10.8.0.128 10.8.0.254"))
    assert options.server.pool == Pool("10.8.0.128", "10.8.0.254", "255.255.255.0")
    assert options.server.push == ("route-gateway 10.8.0.4",)
    assert options.tun.ifconfig is None


def test_server_bridge_without_addresses_leaves_them_to_dhcp():
    assert configured(bridged("")).server.push == ("route-gateway dhcp",)
    assert configured(bridged("nogw")).server.push == ()


@pytest.mark.parametrize(
    ("network", "own", "pool"),
    [
        ("2001:db8::/64", "2001:db8::1/64", "2001:db8::1000/64"),
        ("2001:db8::/112", "2001:db8::1/112", "2001:db8::2/112"),
    ],
)
def test_ipv6_beside_ipv4(network, own, pool):
    options = configured(f"{SERVER}server-ipv6 {network}\n")
    assert options.tun.ifconfig_ipv6 == (own, "2001:db8::2")
    assert options.server.pool_ipv6 == pool
    assert "tun-ipv6" in options.server.push


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (SERVER + "server-ipv6 2001:db8::1/64", "5: server-ipv6: .*not an IPv6 network"),
        (SERVER + "server-ipv6 2001:db8::/48", "5: server-ipv6: must be a network of 64 to 124"),
        (SERVER.replace("10.8.0.0", "10.8.0.1"), r"1: server: 10\.8\.0\.1 is an address in the"),
        (SERVER.replace("255.255.255.0", "255.255.0.255"), "1: server: .*not a network"),
        (SERVER.replace("255.255.255.0", "255.255.255.254"), "1: server: .*/30 or larger"),
        (
            SERVER.replace("255.255.255.0", "255.255.255.252") + "topology net30",
            "1: server: .*/29 or larger",
        ),
        (SERVER.replace("255.255.255.0", "255.255.255.0 nopol"), "1: server: takes 2 or 3"),
        (SERVER + "ifconfig 10.8.0.1 255.255.255.0", "5: ifconfig: is already defined by server"),
        (SERVER + "ifconfig-pool 10.8.0.9 10.8.0.10", "5: ifconfig-pool: is already defined"),
        (SERVER + "server-bridge", "5: server-bridge: can't stand beside server"),
        (SERVER + "client", "5: client: a configuration is for a client or for a server"),
        (
            bridged("10.8.0.4 255.255.255.0 10.9.0.1 10.9.0.9"),
            "2: server-bridge: the pool .* is not",
        ),
        (bridged("10.8.0.4 255.255.255.0"), "2: server-bridge: takes no arguments"),
        (
            SERVER.replace("server 10", "dev null\nserver 10"),
            "1: dev: a server needs a tun or a tap",
        ),
    ],
)
def test_a_server_that_can_not_be_is_refused(text, problem):
    with pytest.raises(ConfigError, match=rf"^test\.conf:{problem}"):
        configured(text)
