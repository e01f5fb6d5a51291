"""The address pool: who gets which address, and who gets it next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.tunnel.pool import MAX_SIZE, AddressPool, Lease


def taken(pool: AddressPool, *names: str, **kind: bool) -> list[str]:
    return [str(pool.take(name, **kind).ipv4) for name in names]


def test_addresses_are_given_in_order_to_the_last_one():
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    assert taken(pool, *"abc") == ["10.8.0.2", "10.8.0.3", "10.8.0.4"]
    assert pool.take("d") is None


def test_a_name_gets_its_address_again():
    pool = AddressPool("10.8.0.2", "10.8.0.10")
    taken(pool, *"abc")
    for last in (2, 3, 4):
        pool.release(Lease(last - 2, None, None))
    assert taken(pool, *"cab") == ["10.8.0.4", "10.8.0.2", "10.8.0.3"]


def test_never_used_comes_first_then_the_one_longest_unused():
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    taken(pool, "a", "b")
    pool.release(Lease(1, None, None))
    pool.release(Lease(0, None, None))
    assert taken(pool, *"xyz") == ["10.8.0.4", "10.8.0.3", "10.8.0.2"]


def test_without_reuse_a_name_has_no_right_to_its_address():
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    taken(pool, "a")
    pool.release(Lease(0, None, None))
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
    pool.release(Lease(1, None, None))
    assert taken(pool, "one more") == ["10.8.0.10"]


@pytest.mark.parametrize("first", ["10.8.0.4", "10.8.0.5", "10.8.0.7"])
def test_net30_blocks_begin_at_a_multiple_of_four(first):
    assert taken(AddressPool(first, "10.8.0.11", is_net30=True), *"ab") == ["10.8.0.6", "10.8.0.10"]


def test_size_of_a_pool_is_bounded():
    assert AddressPool("10.0.0.0", "10.255.255.255").size == MAX_SIZE


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=60))
def test_no_two_clients_ever_hold_the_same_address(steps):
    pool, held = AddressPool("10.8.0.2", "10.8.0.5"), {}
    for takes, client in steps:
        if takes and client not in held:
            address = pool.take(f"name-{client % 3}")
            assert (address is None) is (len(held) == 4)
            if address is not None:
                held[client] = address
        elif not takes and client in held:
            pool.release(held.pop(client))
        assert len(set(held.values())) == len(held)


def test_ipv6_addresses_have_the_place_of_the_ipv4_ones():
    pool = AddressPool("10.8.0.2", "10.8.0.9", ipv6="2001:db8::1000/64")
    lease = [pool.take(name) for name in "abc"][2]
    assert (str(lease.ipv4), str(lease.ipv6)) == ("10.8.0.4", "2001:db8::1002")


def test_a_pool_of_ipv6_alone():
    pool = AddressPool(None, None, ipv6="2001:db8::fffe/112")
    assert [str(pool.take(name).ipv6) for name in "ab"] == ["2001:db8::fffe", "2001:db8::ffff"]
    assert pool.take("c") is None
    assert pool.lines() == ["a,,2001:db8::fffe", "b,,2001:db8::ffff"]


def test_names_get_their_addresses_again_after_a_restart():
    before = AddressPool("10.8.0.2", "10.8.0.9", ipv6="2001:db8::1000/64")
    taken(before, *"abc")
    assert before.lines()[1] == "b,10.8.0.3,2001:db8::1001"
    after = AddressPool("10.8.0.2", "10.8.0.9", ipv6="2001:db8::1000/64")
    after.restore(before.lines())
    assert taken(after, "c", "new", "a") == ["10.8.0.4", "10.8.0.5", "10.8.0.2"]


def test_net30_keeps_the_first_of_four():
    pool = AddressPool("10.8.0.4", "10.8.0.251", is_net30=True)
    pool.restore(["b,10.8.0.8,", "", "# c,10.8.0.12", "x,192.0.2.1,", "y,no address"])
    assert pool.lines() == ["b,10.8.0.8,"]
    assert taken(pool, "b") == ["10.8.0.10"]
