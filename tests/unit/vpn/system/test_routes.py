"""Which routes a tunnel needs."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import client
from vpn.config.options import DevType, Route, Route6, Topology, TunOptions
from vpn.system.routes import Entry, NextHop, Surroundings, plan, tunnel_gateway

OUTSIDE = NextHop("192.0.2.254", 2)
AROUND = Surroundings("198.51.100.1", OUTSIDE, OUTSIDE, None)
SUBNET = {
    "topology": Topology.SUBNET,
    "ifconfig": ("10.8.0.2", "255.255.255.0"),
    "route_gateway": "10.8.0.1",
}


def routes(around=AROUND, **options):
    entries, problems = plan(TunOptions(**options), around)
    assert problems == []
    return entries


@pytest.mark.parametrize(
    ("options", "gateway"),
    [
        (SUBNET, "10.8.0.1"),
        ({"topology": Topology.NET30, "ifconfig": ("10.8.0.6", "10.8.0.5")}, "10.8.0.5"),
        ({**SUBNET, "route_gateway": None}, None),
        ({**SUBNET, "route_gateway": "dhcp"}, None),
        ({"dev_type": DevType.TAP, "ifconfig": ("10.8.0.2", "255.255.255.0")}, None),
    ],
)
def test_the_gateway_in_the_tunnel(options, gateway):
    assert tunnel_gateway(TunOptions(**options)) == gateway


@pytest.mark.shows("route-metric")
def test_keywords_are_replaced():
    wanted = (
        Route("10.20.0.0", "255.255.255.0"),
        Route("10.21.0.9", "255.255.255.0", "vpn_gateway", 7),
        Route("10.22.0.0", "255.255.0.0", "net_gateway"),
        Route("remote_host", "255.255.255.255", "net_gateway"),
        Route("10.23.0.1", "255.255.255.255", "10.8.0.9"),
    )
    assert routes(**SUBNET, routes=wanted, route_metric=3) == [
        Entry("10.20.0.0/24", "10.8.0.1", 3),
        Entry("10.21.0.0/24", "10.8.0.1", 7),
        Entry("10.22.0.0/16", "192.0.2.254", 3),
        Entry("198.51.100.1/32", "192.0.2.254", 3),
        Entry("10.23.0.1/32", "10.8.0.9", 3),
    ]


def test_def1_keeps_the_remote_and_halves_the_rest():
    assert routes(**SUBNET, redirect_gateway=frozenset({"def1"})) == [
        Entry("198.51.100.1/32", "192.0.2.254", None, 2),
        Entry("0.0.0.0/1", "10.8.0.1"),
        Entry("128.0.0.0/1", "10.8.0.1"),
    ]


def test_a_remote_on_a_cable_of_ours_needs_no_default_route():
    around = Surroundings("192.0.2.2", NextHop(None, 2))
    assert routes(around, **SUBNET, redirect_gateway=frozenset({"def1"})) == [
        Entry("192.0.2.2/32", None, None, 2),
        Entry("0.0.0.0/1", "10.8.0.1"),
        Entry("128.0.0.0/1", "10.8.0.1"),
    ]


def test_redirect_private_keeps_the_remote_only():
    flags = frozenset({"def1", "ipv6", "private"})
    assert routes(**SUBNET, redirect_gateway=flags) == [
        Entry("198.51.100.1/32", "192.0.2.254", None, 2)
    ]


def test_without_def1_the_default_route_is_replaced():
    assert routes(**SUBNET, redirect_gateway=frozenset()) == [
        Entry("198.51.100.1/32", "192.0.2.254", None, 2),
        Entry("0.0.0.0/0", "10.8.0.1", replaces_default=True),
    ]


@pytest.mark.parametrize(
    ("flags", "around"),
    [
        ({"def1", "local"}, AROUND),
        ({"def1", "autolocal"}, Surroundings("198.51.100.1", NextHop(None, 2), OUTSIDE, None)),
    ],
)
def test_a_local_remote_needs_no_route_of_its_own(flags, around):
    halves = [Entry("0.0.0.0/1", "10.8.0.1"), Entry("128.0.0.0/1", "10.8.0.1")]
    assert routes(around, **SUBNET, redirect_gateway=frozenset(flags)) == halves


def test_ipv6_is_redirected_too_when_asked():
    around = Surroundings("2001:db8::1", NextHop("fe80::1", 2), None, NextHop("fe80::1", 2))
    entries = routes(around, **SUBNET, redirect_gateway=frozenset({"ipv6", "!ipv4"}))
    assert entries[0] == Entry("2001:db8::1/128", "fe80::1", None, 2)
    assert [entry.network for entry in entries[1:]] == ["::/3", "2000::/4", "3000::/4", "fc00::/7"]
    assert all(entry.is_ipv6 and entry.gateway is None for entry in entries[1:])


@pytest.mark.shows("route-ipv6-gateway")
def test_an_ipv6_route_of_a_tap_goes_to_the_gateway_that_is_named():
    lines = "dev tap\nroute-ipv6 2001:db8:20::/64\nroute-ipv6-gateway 2001:db8:8::7"
    entries, _ = plan(client(lines).tun, AROUND)
    assert entries == [Entry("2001:db8:20::/64", "2001:db8:8::7")]


def test_an_ipv6_route_on_a_tap_needs_a_gateway():
    wanted = (Route6("2001:db8:20::/64"), Route6("2001:db8:21::/64", "2001:db8:8::9", 5))
    tap = {"dev_type": DevType.TAP, "ifconfig_ipv6": ("2001:db8:8::2/64", "2001:db8:8::1")}
    assert routes(routes_ipv6=wanted, **tap) == [
        Entry("2001:db8:20::/64", "2001:db8:8::1"),
        Entry("2001:db8:21::/64", "2001:db8:8::9", 5),
    ]
    assert routes(routes_ipv6=wanted, **SUBNET) == [
        Entry("2001:db8:20::/64"),
        Entry("2001:db8:21::/64", None, 5),
    ]


@pytest.mark.parametrize(
    ("options", "around", "text"),
    [
        ({"routes": (Route("10.1.0.0", "255.255.0.0"),)}, AROUND, "needs a gateway parameter"),
        ({**SUBNET, "routes": (Route("nowhere"),)}, AROUND, "failed to parse/resolve"),
        (
            {**SUBNET, "redirect_gateway": frozenset({"def1"})},
            Surroundings(),
            "Cannot read current default gateway",
        ),
        ({"redirect_gateway": frozenset()}, AROUND, "VPN gateway parameter"),
    ],
)
def test_what_cannot_be_is_a_line_not_an_error(options, around, text):
    entries, [problem] = plan(TunOptions(**options), around)
    assert entries == []
    assert text in problem
