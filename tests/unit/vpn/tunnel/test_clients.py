"""The table of clients."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vpn.events import Address
from vpn.tunnel.clients import ClientEntry, ClientTable

HERE, THERE = Address("203.0.113.2", 1), Address("203.0.113.3", 2)


def entry(peer_id: int, address: Address = HERE, name: str = "", ready: bool = True) -> ClientEntry:
    session = SimpleNamespace(remote_session_id=peer_id.to_bytes(8, "big"))
    channel = SimpleNamespace(is_ready=ready)
    return ClientEntry(
        SimpleNamespace(address=address, session=session, channel=channel, common_name=name),
        peer_id,
    )


@pytest.fixture
def table() -> ClientTable:
    return ClientTable(3)


def test_lowest_free_peer_id_is_next(table):
    entries = [entry(n) for n in range(3)]
    for one in entries:
        assert table.free_peer_id() == one.peer_id
        table.add(one)
    assert table.free_peer_id() is None
    table.remove(entries[1])
    assert table.free_peer_id() == 1


def test_session_is_found_at_its_address_only(table):
    one = entry(0)
    table.add(one)
    session_id = one.peer.session.remote_session_id
    assert table.by_session(HERE, session_id) is one
    assert table.by_session(THERE, session_id) is None
    table.move(one, THERE)
    assert table.by_session(HERE, session_id) is None
    assert table.by_session(THERE, session_id) is one
    assert table.has_address(THERE)
    assert not table.has_address(HERE)


def test_address_finds_a_client_with_keys(table):
    table.add(entry(0, ready=False))
    assert table.by_address(HERE) is None
    assert table.has_address(HERE)
    ready = entry(1)
    table.add(ready)
    assert table.by_address(HERE) is ready


def test_removed_client_is_nowhere(table):
    one = entry(0)
    table.add(one)
    assert one in table
    assert len(table) == 1
    table.remove(one)
    table.remove(one)
    assert one not in table
    assert list(table) == []
    assert table.by_session(HERE, one.peer.session.remote_session_id) is None


def test_removing_does_not_touch_who_has_the_peer_id_now(table):
    old, new = entry(0), entry(0, THERE)
    table.add(old)
    table.remove(old)
    table.add(new)
    table.remove(old)
    assert table.by_peer_id[0] is new


def test_name_before_it_is_known():
    assert entry(0).name == "UNDEF"
    assert entry(0, name="Test-Client").name == "Test-Client"


def test_an_address_that_nobody_uses_any_more_is_free(table):
    one, two = entry(0), entry(1)
    table.add(one)
    table.add(two)
    table.remove(one)
    assert table.has_address(HERE)
    table.move(two, THERE)
    assert not table.has_address(HERE)
    assert table.by_address(THERE) is two
    table.remove(two)
    table.remove(two)
    assert not table.has_address(THERE)
