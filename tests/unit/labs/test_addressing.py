"""The small sums with addresses."""

from __future__ import annotations

import pytest

from labs import addressing


@pytest.mark.parametrize(
    ("subnet", "number", "address"),
    [
        ("192.168.50.0/24", 10, "192.168.50.10/24"),
        ("198.51.100.8/29", 1, "198.51.100.9/29"),
        ("198.51.100.8/29", 6, "198.51.100.14/29"),
        ("192.0.2.0/31", 0, "192.0.2.0/31"),
        ("2001:db8::/64", 0x10, "2001:db8::10/64"),
    ],
)
def test_host_is_the_nth_address(subnet, number, address):
    assert addressing.host(subnet, number) == address


@pytest.mark.parametrize("number", [0, -1, 7, 8, 1000])
def test_host_is_refused_when_it_is_the_network_the_broadcast_or_outside(number):
    with pytest.raises(ValueError, match=r"must be 1\.\.6 in 198\.51\.100\.8/29"):
        addressing.host("198.51.100.8/29", number)


def test_prefix_is_written_with_its_netmask():
    assert addressing.with_netmask("10.20.0.0/24") == "10.20.0.0 255.255.255.0"
    assert addressing.netmask("198.51.100.8/29") == "255.255.255.248"


def test_contains_asks_for_the_family_too():
    assert addressing.contains("10.0.0.0/8", "10.20.0.1")
    assert not addressing.contains("10.0.0.0/8", "11.0.0.1")
    assert not addressing.contains("10.0.0.0/8", "2001:db8::1")
