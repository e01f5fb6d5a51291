"""Sessions made from options: when the next key is due."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from tests.sim.pair import SERVER, WALL_CLOCK, client_options, server_options
from vpn.config.values import Secret
from vpn.pki import static_key
from vpn.trace import PeerLog
from vpn.tunnel.sessions import SessionMaker

LOG = PeerLog(logging.getLogger("vpn.test"))


def constant(byte: int) -> Callable[[int], bytes]:
    return lambda size: bytes([byte]) * size


@pytest.mark.parametrize(
    ("is_server", "least", "byte", "expected"),
    [
        (False, None, 255, 3600),
        (True, None, 0, 3600),
        (True, None, 255, 3240),
        (True, 60, 255, 60),
        (False, 60, 255, 60),
        (False, 60, 0, 3600),
    ],
)
def test_time_to_the_next_key(is_server, least, byte, expected):
    make = server_options if is_server else client_options
    options = make(tls__reneg_sec=3600, tls__reneg_sec_min=least)
    sessions = SessionMaker(options, constant(byte), lambda: WALL_CLOCK, is_server=is_server)
    assert sessions.make(LOG, SERVER).reneg_after == expected


def test_a_block_may_have_a_wrap_of_its_own():
    key = Secret(static_key.generate().encode())
    common, block = client_options(), client_options(tls__tls_crypt=key)
    sessions = SessionMaker(common, constant(1), lambda: WALL_CLOCK, is_server=False)
    plain = sessions.wrappers.name
    sessions.use(block)
    wrapped = sessions.wrappers.name
    sessions.use(common)
    assert (plain, wrapped, sessions.wrappers.name) == ("none", "tls-crypt", "none")


@pytest.mark.parametrize(
    ("address", "largest"),
    [
        (SERVER, 1222),
        (SERVER._replace(host="2001:db8::2"), 1202),
        (SERVER._replace(connection=1), 1208),
    ],
)
def test_largest_datagram_leaves_room_for_the_headers_around_it(address, largest):
    sessions = SessionMaker(client_options(), constant(1), lambda: WALL_CLOCK, is_server=False)
    assert sessions.make(LOG, address)._config.max_datagram == largest
