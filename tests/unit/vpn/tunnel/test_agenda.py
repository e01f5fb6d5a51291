"""Whose turn it is among a server's clients."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.events import Address
from vpn.tunnel.agenda import Agenda
from vpn.tunnel.clients import ClientEntry, ClientTable


class Waiting:
    """A peer with a deadline; it counts how often it is asked for it."""

    def __init__(self, number: int, deadline: float | None) -> None:
        self.address = Address("203.0.113.2", number)
        self.session = SimpleNamespace(remote_session_id=number.to_bytes(8, "big"))
        self.deadline = deadline
        self.asked = 0

    def next_deadline(self) -> float | None:
        self.asked += 1
        return self.deadline


@pytest.fixture
def table() -> ClientTable:
    return ClientTable(2000)


def filled(table: ClientTable, *deadlines: float | None) -> tuple[Agenda, list[ClientEntry]]:
    agenda = Agenda(table)
    for number, deadline in enumerate(deadlines):
        entry = ClientEntry(Waiting(number, deadline), number)
        table.add(entry)
        agenda.touch(entry)
    return agenda, list(table)


def test_earliest_deadline_of_all_is_next(table):
    agenda, _ = filled(table, 7.0, None, 3.0)
    assert agenda.next_deadline() == 3.0


def test_deadline_that_moved_away_is_noticed_when_its_time_comes(table):
    agenda, entries = filled(table, 7.0, 3.0)
    assert agenda.next_deadline() == 3.0
    entries[1].peer.deadline = 9.0
    assert agenda.due(3.0) == []
    assert agenda.next_deadline() == 7.0
    entries[0].peer.deadline = None
    assert agenda.due(7.0) == []
    assert agenda.next_deadline() == 9.0
    assert agenda.due(9.0) == [entries[1]]


def test_deadline_that_came_nearer_is_seen_at_the_next_touch(table):
    agenda, entries = filled(table, 7.0, 3.0)
    assert agenda.next_deadline() == 3.0
    entries[0].kill_at = 1.0
    agenda.touch(entries[0])
    assert agenda.next_deadline() == 1.0


def test_those_whose_time_has_come_are_due_once_and_may_speak(table):
    agenda, entries = filled(table, 7.0, 3.0, 2.0)
    assert agenda.speakers(0) == entries
    assert agenda.speakers(0) == []
    assert agenda.due(3.0) == [entries[2], entries[1]]
    assert agenda.speakers(0) == [entries[2], entries[1]]


def test_client_that_has_gone_is_forgotten(table):
    agenda, entries = filled(table, 3.0, 5.0)
    assert agenda.next_deadline() == 3.0
    table.remove(entries[0])
    assert agenda.due(3.0) == []
    assert agenda.next_deadline() == 5.0
    assert agenda.speakers(0) == [entries[1]]


def test_idle_clients_are_not_asked(table):
    agenda, entries = filled(table, *(float(n + 100) for n in range(1000)))
    agenda.next_deadline()
    agenda.speakers(0)
    agenda.next_deadline()
    for entry in entries:
        entry.peer.asked = 0
    for _ in range(50):
        agenda.touch(entries[500])
        assert agenda.speakers(1) == [entries[500]]
        assert agenda.next_deadline() == 100.0
    assert sum(entry.peer.asked for entry in entries) < 300
    assert len(agenda._heap) == 1000


def test_server_does_not_look_at_idle_clients_for_a_busy_one(monkeypatch):
    pair = Pair(extra_clients=(client_options(), client_options()))
    pair.run_for(1.5)
    (entry,) = pair.admitted
    pair.run_for(1)
    looked_at = []
    monkeypatch.setattr(
        type(entry.peer), "datagrams_to_send", lambda self, now: looked_at.append(self) or []
    )
    server, now = pair.server.core, pair.network.now
    server.datagrams_to_send(now)
    assert looked_at == []
    server.encapsulate([ipv4("10.8.0.1", str(entry.address))], now)
    server.datagrams_to_send(now)
    assert looked_at == []  # data only moves deadlines away
    server.ask_patience(entry.client_id, 9, "", now)
    server.datagrams_to_send(now)
    assert looked_at == [entry.peer]


def test_server_looks_at_a_client_whose_key_is_worn_by_data():
    pair = Pair(server=server_options(tls__reneg_pkts=20))
    assert pair.connect(10)
    (entry,) = pair.admitted
    packets = [ipv4("10.8.0.1", str(entry.address))] * 25
    pair.send_from_server(*packets)
    pair.run_for(1)
    assert entry.peer.channel.newest.key_id == 1
