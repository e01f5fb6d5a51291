"""First packets: what costs nothing, what counts against a limit, what opens a client."""

from __future__ import annotations

import pytest

from tests.sim.credentials import client_credentials
from tests.sim.pair import Pair, client_options, server_options
from vpn.config.options import Secret
from vpn.errors import Drop
from vpn.events import Address, TunnelUp
from vpn.wire import control, static_key
from vpn.wire.control import ControlPacket
from vpn.wire.opcodes import Opcode

KEY = Secret(static_key.serialize(bytes(range(256))).encode())
STRANGER = Address("192.0.2.9", 999)


def reset(session_id: bytes = b"stranger", packet_id: int = 0) -> bytes:
    return control.serialize(
        ControlPacket(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0, session_id, packet_id=packet_id)
    )


def answers(pair: Pair, count: int, address: Address = STRANGER) -> int:
    server, now = pair.server.core, pair.network.now
    server.decapsulate([(address, [reset()])] * count, now)
    return sum(len(datagrams) for to, datagrams in server.datagrams_to_send(now) if to == address)


def silent(**changes: object) -> Pair:
    pair = Pair(server=server_options(**changes))
    pair.network.filter = lambda *_: False
    return pair


@pytest.mark.shows("connect-freq-initial")
def test_answers_are_limited_in_number_and_time():
    pair = silent(server__connect_freq_initial=(5, 10))
    assert answers(pair, 8) == 5
    assert pair.server.core.drops[Drop.RATE_LIMIT] == 3
    pair.network.now += 10
    assert answers(pair, 8) == 5


def test_garbage_before_the_wrap_uses_up_no_answer():
    """Anyone can send it; the limit must hold for those who have the key only."""
    changes = {"tls__tls_crypt": KEY}
    pair = Pair(
        client=client_options(**changes),
        server=server_options(server__connect_freq_initial=(5, 10), **changes),
    )
    now = pair.network.now
    pair.server.core.decapsulate([(STRANGER, [reset() + bytes(40)])] * 1000, now)
    assert pair.server.core.drops[Drop.UNWRAP] == 1000
    assert not pair.server.core.drops[Drop.RATE_LIMIT]
    assert pair.connect(5)


def test_clients_that_come_back_do_not_count():
    names = [client_credentials(f"client-{n}") for n in range(6)]
    first, *others = [
        client_options(**{f"tls__{field}": value for field, value in name.items()})
        for name in names
    ]
    limited = server_options(server__connect_freq_initial=(6, 1000))
    pair = Pair(client=first, server=limited, extra_clients=tuple(others))
    assert pair.connect(10)
    assert answers(pair, 9) == 6


def test_nothing_is_kept_for_an_answer():
    pair = silent()
    answers(pair, 50)
    assert len(pair.server.core.clients) == 0
    assert pair.server.core.next_deadline() is None


@pytest.mark.parametrize("packet_id", [1, 7])
def test_reset_with_an_id_gets_no_answer(packet_id):
    pair = silent()
    server = pair.server.core
    server.decapsulate([(STRANGER, [reset(packet_id=packet_id)])], pair.network.now)
    assert server.drops[Drop.MALFORMED] == 1
    assert server.datagrams_to_send(pair.network.now) == []


def test_a_stream_opens_one_session_and_no_more():
    pair = silent()
    server, stream = pair.server.core, STRANGER._replace(connection=7)
    server.link_ready(stream, pair.network.now)
    for number in range(5):
        session_id = bytes([number]) * 8
        server.decapsulate([(stream, [reset(session_id)])], pair.network.now)
    assert len(server.clients) == 1
    assert server.drops[Drop.UNKNOWN_SESSION] == 4


def test_a_stream_begins_with_a_reset():
    pair = silent()
    server, stream = pair.server.core, STRANGER._replace(connection=7)
    packet = ControlPacket(Opcode.P_CONTROL_V1, 0, b"stranger", (0,), b"whatever", 1, b"x")
    server.decapsulate([(stream, [control.serialize(packet)])], pair.network.now)
    assert server.drops[Drop.UNKNOWN_SESSION] == 1
    assert len(server.clients) == 0


def test_server_that_is_full_says_so(lines):
    pair = Pair(server=server_options(server__max_clients=1))
    assert pair.connect(10)
    stream = STRANGER._replace(connection=7)
    pair.server.core.decapsulate([(stream, [reset()])], pair.network.now)
    assert pair.server.core.drops[Drop.RATE_LIMIT] == 1
    words = "MULTI: new incoming connection would exceed maximum number of clients (1)"
    assert words in lines.messages


def second_session(pair: Pair) -> bool:
    """The client begins anew from its address, without a goodbye; is it let in?"""
    pair.client.events.clear()
    pair.client.core.restart("sigusr1", pair.network.now)
    pair.drive(lambda: bool(pair.client.saw(TunnelUp)), 20)
    return bool(pair.client.saw(TunnelUp))


def test_full_server_takes_its_own_client_back():
    pair = Pair(server=server_options(server__max_clients=1))
    assert pair.connect(10)
    assert second_session(pair)
    assert len(pair.admitted) == 1


@pytest.mark.shows("single-session")
def test_single_session_lets_nobody_begin_anew(lines):
    pair = Pair(server=server_options(tls__single_session=True))
    assert pair.connect(10)
    assert not second_session(pair)
    assert "TLS Error: Cannot accept new session request from" in lines.text


def test_a_limit_that_is_reached_is_said_once_and_summed_up(lines):
    pair = silent(server__connect_freq_initial=(5, 10))
    answers(pair, 8)
    pair.network.now += 10
    answers(pair, 1)
    assert [text for text in lines.messages if "connect-freq" in text] == [
        "Note: --connect-freq-initial 5 10 rate limit exceeded, dropping initial handshake "
        "packets for the next 10 seconds",
        "Dropped 3 initial handshake packets due to --connect-freq-initial 5 10",
    ]
