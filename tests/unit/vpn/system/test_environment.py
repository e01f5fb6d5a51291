"""What a script is told, name by name."""

from __future__ import annotations

from vpn.config.options import (
    Connection,
    DevType,
    LinkOptions,
    Options,
    Proto,
    PushedOptions,
    Route,
    Route6,
    ScriptOptions,
    Topology,
    TunOptions,
)
from vpn.events import Address
from vpn.system.environment import of_remote, of_tunnel, up_arguments

REMOTE = Address("192.0.2.1", 1194)
SUBNET = TunOptions(
    topology=Topology.SUBNET,
    ifconfig=("10.8.0.2", "255.255.255.0"),
    ifconfig_ipv6=("2001:db8:8::2/64", "2001:db8:8::1"),
    route_gateway="10.8.0.1",
    redirect_gateway=frozenset({"def1"}),
    routes=(Route("10.20.0.0", "255.255.0.0"), Route("10.30.0.0", "255.255.0.0", "10.8.0.9", 7)),
    routes_ipv6=(Route6("2001:db8:20::/64"),),
    dhcp_options=(("DNS", "10.8.0.1"), ("DOMAIN", "lab.example")),
    dns=(("server", "3", "address", "10.8.0.53:5353"), ("search-domains", "lab.example")),
)


def test_a_tunnel_by_the_stock_programs_names():
    options = Options(
        tun=SUBNET,
        link=LinkOptions(connections=(Connection("vpn.example", 1195, Proto.TCP_CLIENT),)),
        scripts=ScriptOptions(environment=(("A", "b"),)),
        push=PushedOptions(environment=(("X", "1"),)),
    )
    assert of_tunnel(options, "tun7", REMOTE) == {
        "A": "b",
        "OPENVPN_X": "1",
        "remote_1": "vpn.example",
        "remote_port_1": "1195",
        "proto_1": "tcp-client",
        "config": "",
        "daemon_log_redirect": "0",
        "dev": "tun7",
        "dev_type": "tun",
        "tun_mtu": "1500",
        "verb": "1",
        "daemon": "0",
        "trusted_ip": "192.0.2.1",
        "trusted_port": "1194",
        "untrusted_ip": "192.0.2.1",
        "untrusted_port": "1194",
        "ifconfig_local": "10.8.0.2",
        "ifconfig_netmask": "255.255.255.0",
        "ifconfig_ipv6_local": "2001:db8:8::2",
        "ifconfig_ipv6_netbits": "64",
        "ifconfig_ipv6_remote": "2001:db8:8::1",
        "route_vpn_gateway": "10.8.0.1",
        "redirect_gateway": "1",
        "route_network_1": "10.20.0.0",
        "route_netmask_1": "255.255.0.0",
        "route_gateway_1": "10.8.0.1",
        "route_network_2": "10.30.0.0",
        "route_netmask_2": "255.255.0.0",
        "route_gateway_2": "10.8.0.9",
        "route_metric_2": "7",
        "route_ipv6_network_1": "2001:db8:20::/64",
        "route_ipv6_gateway_1": "",
        "foreign_option_1": "dhcp-option DNS 10.8.0.1",
        "foreign_option_2": "dhcp-option DOMAIN lab.example",
        "dns_search_domain_1": "lab.example",
        "dns_server_1_address_1": "10.8.0.53",
        "dns_server_1_port_1": "5353",
    }


def test_point_to_point_has_a_remote_in_the_netmasks_place():
    tun = TunOptions(topology=Topology.NET30, ifconfig=("10.8.0.6", "10.8.0.5"))
    found = of_tunnel(Options(tun=tun), "tun0", None)
    assert found["ifconfig_remote"] == "10.8.0.5"
    assert "ifconfig_netmask" not in found
    assert "trusted_ip" not in found
    words = ["tun0", "1500", "0", "10.8.0.6", "10.8.0.5", "init"]
    assert up_arguments(tun, "tun0", "init") == words


def test_a_tap_has_a_broadcast_address():
    tun = TunOptions(dev_type=DevType.TAP, ifconfig=("10.8.0.2", "255.255.255.0"))
    found = of_tunnel(Options(tun=tun), "tap0", None)
    assert found["ifconfig_broadcast"] == "10.8.0.255"


def test_without_an_address_its_words_are_empty():
    tun = TunOptions(dev_type=DevType.TAP)
    assert up_arguments(tun, "tap0", "restart") == ["tap0", "1500", "0", "", "", "restart"]


def test_a_remote_by_its_family():
    assert of_remote("untrusted", Address("2001:db8::1", 9)) == {
        "untrusted_ip6": "2001:db8::1",
        "untrusted_port": "9",
    }
    assert of_remote("trusted", Address("::ffff:192.0.2.1", 9))["trusted_ip"] == "192.0.2.1"
