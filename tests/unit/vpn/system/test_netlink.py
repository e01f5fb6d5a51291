"""Requests to rtnetlink, checked against what `ip` sees."""

from __future__ import annotations

import errno
import socket

import pytest

from tests.unit.vpn.system.private_network import add_link, in_private_network, ip
from vpn.system.netlink import ADD, REMOVE, Netlink


@in_private_network
def test_links_addresses_and_routes():
    kernel = Netlink()
    add_link("out")
    index = socket.if_nametoindex("out")
    kernel.set_link(index, mtu=1400, address="02:00:00:00:00:07", txqlen=77)
    kernel.set_link(index, is_up=True)
    shown = ip("link", "show", "out")
    for word in ("mtu 1400", "02:00:00:00:00:07", "qlen 77", ",UP"):
        assert word in shown
    kernel.address(ADD, index, "192.0.2.2", 24, None)
    kernel.address(ADD, index, "10.8.0.6", 32, "10.8.0.5")
    kernel.address(ADD, index, "2001:db8::2", 64, None)
    shown = ip("addr", "show", "out")
    for word in ("inet 192.0.2.2/24", "inet 10.8.0.6 peer 10.8.0.5/32", "inet6 2001:db8::2/64"):
        assert word in shown
    kernel.route(ADD, "0.0.0.0/0", "192.0.2.1", None, 9)
    kernel.route(ADD, "10.20.0.0/24", "10.8.0.5", None, None)
    kernel.route(ADD, "10.21.0.0/24", None, index, None)
    kernel.route(ADD, "2001:db8:20::/64", None, index, 55)
    shown = ip("route") + ip("-6", "route")
    for line in (
        "default via 192.0.2.1 dev out metric 9 \n",
        "10.20.0.0/24 via 10.8.0.5 dev out \n",
        "10.21.0.0/24 dev out scope link \n",
        "2001:db8:20::/64 dev out metric 55 pref medium\n",
    ):
        assert line in shown
    kernel.route(REMOVE, "10.20.0.0/24", "10.8.0.5", None, None)
    kernel.address(REMOVE, index, "10.8.0.6", 32, "10.8.0.5")
    assert "10.20.0.0" not in ip("route")
    assert "10.8.0.6" not in ip("addr")
    kernel.close()


@in_private_network
def test_the_kernels_no_is_an_error_with_its_number():
    kernel = Netlink()
    add_link("out")
    index = socket.if_nametoindex("out")
    kernel.route(ADD, "10.20.0.0/24", None, index, None)
    with pytest.raises(FileExistsError):
        kernel.route(ADD, "10.20.0.0/24", None, index, None)
    kernel.route(REMOVE, "10.20.0.0/24", None, index, None)
    with pytest.raises(OSError, match="No such process") as caught:
        kernel.route(REMOVE, "10.20.0.0/24", None, index, None)
    assert caught.value.errno == errno.ESRCH
    kernel.close()


@in_private_network
def test_a_route_by_another_way_stays_and_counts_again_afterwards():
    kernel = Netlink()
    add_link("out")
    index = socket.if_nametoindex("out")
    kernel.address(ADD, index, "10.20.0.1", 24, None)
    kernel.set_link(index, is_up=True)
    kernel.address(ADD, index, "192.0.2.2", 24, None)
    before = ip("route", "get", "10.20.0.9")
    kernel.route(ADD, "10.20.0.0/24", "192.0.2.1", None, None)
    assert "via 192.0.2.1" in ip("route", "get", "10.20.0.9")
    kernel.route(REMOVE, "10.20.0.0/24", "192.0.2.1", None, None)
    assert ip("route", "get", "10.20.0.9") == before
    kernel.close()
