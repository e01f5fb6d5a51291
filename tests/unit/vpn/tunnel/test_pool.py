"""The address pool: who gets which address, and who gets it next."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.tunnel.pool import MAX_SIZE, AddressPool


def taken(pool: AddressPool, *names: str, **kind: bool) -> list[str]:
    return [str(pool.take(name, **kind)) for name in names]


def test_addresses_are_given_in_order_to_the_last_one():
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    assert taken(pool, *"abc") == ["10.8.0.2", "10.8.0.3", "10.8.0.4"]
    assert pool.take("d") is None


def test_a_name_gets_its_address_again():
    pool = AddressPool("10.8.0.2", "10.8.0.10")
    taken(pool, *"abc")
    for last in (2, 3, 4):
        pool.release(IPv4Address(f"10.8.0.{last}"), 10 - last)
    assert taken(pool, *"cab") == ["10.8.0.4", "10.8.0.2", "10.8.0.3"]


def test_never_used_comes_first_then_the_one_longest_unused():
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    taken(pool, "a", "b")
    pool.release(IPv4Address("10.8.0.3"), 5)
    pool.release(IPv4Address("10.8.0.2"), 6)
    assert taken(pool, *"xyz") == ["10.8.0.4", "10.8.0.3", "10.8.0.2"]


def test_without_reuse_a_name_has_no_right_to_its_address():
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    taken(pool, "a")
    pool.release(IPv4Address("10.8.0.2"), 5)
    assert taken(pool, "a", reuse=False) == ["10.8.0.3"]


def test_an_address_in_use_is_never_given_twice_even_to_its_name():
    pool = AddressPool("10.8.0.2", "10.8.0.3")
    assert taken(pool, "a", "a") == ["10.8.0.2", "10.8.0.3"]


def test_net30_gives_the_third_of_four():
    pool = AddressPool("10.8.0.4", "10.8.0.251", is_net30=True)
    addresses = taken(pool, *map(str, range(62)))
    assert addresses[:2] == ["10.8.0.6", "10.8.0.10"]
    assert addresses[-1] == "10.8.0.250"
    assert pool.take("one more") is None
    pool.release(IPv4Address("10.8.0.10"), 1)
    assert taken(pool, "one more") == ["10.8.0.10"]


@pytest.mark.parametrize("first", ["10.8.0.4", "10.8.0.5", "10.8.0.7"])
def test_net30_blocks_begin_at_a_multiple_of_four(first):
    assert taken(AddressPool(first, "10.8.0.11", is_net30=True), *"ab") == ["10.8.0.6", "10.8.0.10"]


@pytest.mark.parametrize("address", ["10.8.0.1", "10.8.0.5", "10.8.0.255", "0.0.0.0"])
def test_addresses_of_others_are_released_without_harm(address):
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    taken(pool, *"abc")
    pool.release(IPv4Address(address), 1)
    assert pool.take("d") is None


def test_size_of_a_pool_is_bounded():
    assert len(AddressPool("10.0.0.0", "10.255.255.255")._entries) == MAX_SIZE


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=60))
def test_no_two_clients_ever_hold_the_same_address(steps):
    pool, held = AddressPool("10.8.0.2", "10.8.0.5"), {}
    for now, (takes, client) in enumerate(steps):
        if takes and client not in held:
            address = pool.take(f"name-{client % 3}")
            assert (address is None) is (len(held) == 4)
            if address is not None:
                held[client] = address
        elif not takes and client in held:
            pool.release(held.pop(client), now)
        assert len(set(held.values())) == len(held)
