"""The tun with its interface: configured, kept, and undone without a trace."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from tests.unit.vpn.system.private_network import add_link, in_private_network, ip
from vpn.config.options import DevType, Route, Route6, Topology, TunOptions
from vpn.errors import SystemFailure
from vpn.system.device import Device
from vpn.system.interface import Interface
from vpn.system.netlink import Netlink

OPTIONS = TunOptions(
    topology=Topology.SUBNET,
    ifconfig=("10.8.0.2", "255.255.255.0"),
    ifconfig_ipv6=("2001:db8:8::2/64", "2001:db8:8::1"),
    route_gateway="10.8.0.1",
    tun_mtu=1400,
    routes=(Route("10.20.0.0", "255.255.255.0"), Route("10.77.0.0", "255.255.0.0", "net_gateway")),
    routes_ipv6=(Route6("2001:db8:20::/64"),),
    redirect_gateway=frozenset({"def1"}),
)


def outside():
    """A network with a default route and a route of its owner."""
    ip("link", "set", "lo", "up")
    add_link("out")
    ip("addr", "add", "192.0.2.2/24", "dev", "out")
    ip("route", "add", "default", "via", "192.0.2.254")
    ip("route", "add", "10.77.0.0/16", "via", "192.0.2.254")


def everything():
    return [ip("route", "show", "table", "main"), ip("-br", "link")]


@pytest.mark.shows(
    "ifconfig",
    "ifconfig-ipv6",
    "tun-mtu",
    "route",
    "route-ipv6",
    "route-gateway",
    "redirect-gateway",
)
@in_private_network
def test_everything_is_set_and_everything_is_undone():
    outside()
    before = everything()
    device = Device()
    assert device.open(OPTIONS, "198.51.100.1")
    routes = ip("route")
    for line in (
        "0.0.0.0/1 via 10.8.0.1 dev tun0",
        "128.0.0.0/1 via 10.8.0.1 dev tun0",
        "198.51.100.1 via 192.0.2.254 dev out",
        "10.20.0.0/24 via 10.8.0.1 dev tun0",
    ):
        assert line in routes
    assert "2001:db8:20::/64 dev tun0" in ip("-6", "route")
    shown = ip("addr", "show", "tun0")
    for words in ("mtu 1400", "inet 10.8.0.2/24", "inet6 2001:db8:8::2/64"):
        assert words in shown
    device.close()
    device.close()
    assert everything() == before  # also the route that was there before


@in_private_network
def test_routes_may_wait():
    device = Device()
    options = replace(OPTIONS, redirect_gateway=None, routes=(Route("10.5.0.0", "255.255.0.0"),))
    assert device.open(options, None, is_delayed=True)
    assert "inet 10.8.0.2/24" in ip("addr", "show", "tun0")
    assert "10.5.0.0" not in ip("route")
    assert device.finish()
    assert "10.5.0.0/16 via 10.8.0.1" in ip("route")
    device.close()


@in_private_network
def test_a_replaced_default_route_comes_back():
    outside()
    before = everything()
    device = Device()
    assert device.open(replace(OPTIONS, redirect_gateway=frozenset()), "198.51.100.1")
    assert "default via 10.8.0.1 dev tun0" in ip("route")
    assert "default via 192.0.2.254" not in ip("route")
    device.close()
    assert everything() == before


@in_private_network
def test_point_to_point_addresses():
    device = Device()
    options = TunOptions(topology=Topology.NET30, ifconfig=("10.8.0.6", "10.8.0.5"))
    assert device.open(options, None)
    assert "inet 10.8.0.6 peer 10.8.0.5/32" in ip("addr", "show", "tun0")
    device.close()


@pytest.mark.shows("lladdr", "txqueuelen")
@in_private_network
def test_a_tap_has_a_mac_address_and_a_netmask():
    device = Device()
    options = TunOptions(
        dev="tap",
        dev_type=DevType.TAP,
        ifconfig=("10.8.0.2", "255.255.0.0"),
        lladdr="02:00:00:00:00:09",
        txqueuelen=500,
    )
    assert device.open(options, None)
    shown = ip("addr", "show", "tap0")
    for words in ("inet 10.8.0.2/16", "02:00:00:00:00:09", "qlen 500"):
        assert words in shown
    device.close()


@in_private_network
def test_a_tap_without_an_address_is_left_for_whoever_bridges_it():
    device = Device()
    assert device.open(TunOptions(dev="tap", dev_type=DevType.TAP, tun_mtu=1400), None)
    shown = ip("link", "show", "tap0")
    assert "state DOWN" in shown
    assert "mtu 1500" in shown
    device.close()


@in_private_network
def test_the_same_settings_keep_the_device_and_others_replace_it():
    device = Device()
    device.open(OPTIONS, "198.51.100.1")
    tun = device.tun
    device.open(OPTIONS, "198.51.100.1")
    assert device.tun is tun
    device.open(replace(OPTIONS, ifconfig=("10.8.0.3", "255.255.255.0")), "198.51.100.1")
    assert device.tun is not tun
    assert "10.8.0.3/24" in ip("addr")
    assert "10.8.0.2/24" not in ip("addr")
    device.close()


@in_private_network
def test_a_route_that_cannot_be_is_reported_and_the_others_stay():
    device = Device()
    options = replace(
        OPTIONS,
        redirect_gateway=None,
        routes=(Route("10.5.0.0", "255.255.0.0", "203.0.113.1"), Route("10.6.0.0", "255.255.0.0")),
    )
    assert not device.open(options, None)
    assert "10.5.0.0" not in ip("route")
    assert "10.6.0.0/16 via 10.8.0.1" in ip("route")
    device.close()


@pytest.mark.shows("ifconfig-noexec", "route-noexec")
@in_private_network
def test_noexec_leaves_the_interface_alone():
    device = Device()
    assert device.open(replace(OPTIONS, ifconfig_noexec=True, route_noexec=True), None)
    assert "state DOWN" in ip("link", "show", "tun0")
    device.close()


@in_private_network
def test_a_failure_half_way_leaves_nothing():
    device = Device()
    with pytest.raises(SystemFailure, match="set up with MTU 70000"):
        device.open(replace(OPTIONS, tun_mtu=70_000), None)
    assert device.tun is None
    assert "tun0" not in ip("link")


def test_dev_null_opens_nothing():
    device = Device()
    assert device.open(TunOptions(dev="null", dev_type=DevType.NULL), None)
    assert device.tun is None
    assert device.name == "null"
    device.close()


def test_an_interface_that_is_not_there_is_one_line(caplog):
    caplog.set_level(logging.INFO)
    kernel = Netlink()
    with pytest.raises(SystemFailure, match="ERROR: interface nosuch0"):
        Interface(kernel, "nosuch0")
    kernel.close()
