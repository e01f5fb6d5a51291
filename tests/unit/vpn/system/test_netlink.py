"""Requests to rtnetlink, checked against what `ip` sees."""

from __future__ import annotations

import errno
import socket

import pytest

from tests.unit.vpn.system.private_network import add_link, in_private_network, ip
from vpn.system.netlink import Netlink, NextHop, attribute


def test_attributes_are_padded():
    assert attribute(3, b"abcde") == b"\x09\0\x03\0abcde\0\0\0"


@in_private_network
def test_links_addresses_and_routes():
    add_link("out")
    index = socket.if_nametoindex("out")
    netlink = Netlink()
    netlink.set_link(index, mtu=1400, mac="02:00:00:00:00:07", queue_length=77)
    netlink.set_link(index, up=True)
    shown = ip("link", "show", "out")
    for word in ("mtu 1400", "02:00:00:00:00:07", "qlen 77", ",UP"):
        assert word in shown
    netlink.add_address(index, "192.0.2.2", 24)
    netlink.add_address(index, "10.8.0.6", 32, "10.8.0.5")
    netlink.add_address(index, "2001:db8::2", 64)
    shown = ip("addr", "show", "out")
    for word in ("inet 192.0.2.2/24", "inet 10.8.0.6 peer 10.8.0.5/32", "inet6 2001:db8::2/64"):
        assert word in shown
    netlink.add_route("0.0.0.0/0", "192.0.2.1", None, 9)
    netlink.add_route("10.20.0.0/24", "10.8.0.5", None)
    netlink.add_route("10.21.0.0/24", None, index)
    netlink.add_route("2001:db8:20::/64", None, index, 55)
    assert netlink.default_route(socket.AF_INET) == NextHop("192.0.2.1", index, 9)
    assert netlink.default_route(socket.AF_INET6) is None
    assert netlink.route_to("198.51.100.1") == NextHop("192.0.2.1", index)
    assert netlink.route_to("192.0.2.77") == NextHop(None, index)
    shown = ip("route") + ip("-6", "route")
    for line in (
        "10.20.0.0/24 via 10.8.0.5 dev out \n",
        "10.21.0.0/24 dev out scope link \n",
        "2001:db8:20::/64 dev out metric 55 pref medium\n",
    ):
        assert line in shown
    with pytest.raises(FileExistsError):
        netlink.add_route("10.20.0.0/24", "10.8.0.5", None)
    netlink.remove_route("10.20.0.0/24", "10.8.0.5", None)
    with pytest.raises(OSError, match="No such process") as caught:
        netlink.remove_route("10.20.0.0/24", "10.8.0.5", None)
    assert caught.value.errno == errno.ESRCH
    netlink.remove_address(index, "10.8.0.6", 32, "10.8.0.5")
    assert "10.8.0.6" not in ip("addr")
    netlink.close()


@in_private_network
def test_a_long_table_is_read_to_its_end():
    add_link("out")
    index = socket.if_nametoindex("out")
    netlink = Netlink()
    netlink.add_address(index, "192.0.2.2", 24)
    for number in range(600):
        netlink.add_route(f"10.{number // 256}.{number % 256}.0/24", None, index)
    netlink.add_route("0.0.0.0/0", "192.0.2.9", None, 100)
    netlink.add_route("0.0.0.0/0", "192.0.2.1", None, 50)
    assert netlink.default_route(socket.AF_INET) == NextHop("192.0.2.1", index, 50)
    netlink.close()
