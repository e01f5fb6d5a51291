"""tls-auth: which bytes the HMAC covers, with which key, and what is replayed."""

from __future__ import annotations

import hmac

import pytest

from vpn.control.tls_auth import TlsAuth
from vpn.errors import ConfigError, Drop, PacketError

KEY = bytes((7 * n) % 256 for n in range(256))
HEADER = b"\x38sessn-id"
REST = b"\x00\x00\x00\x00\x00"


def side(direction: int | None, digest: str = "SHA1", timestamp: int = 1000) -> TlsAuth:
    return TlsAuth(KEY, direction, digest, timestamp)


@pytest.mark.parametrize(
    ("digest", "size"),
    [("SHA1", 20), ("SHA256", 32), ("SHA512", 64), ("RSA-SHA256", 32), ("MD5", 16)],
)
@pytest.mark.parametrize(("direction", "slot"), [(0, 64), (1, 192), (None, 64)])
def test_bytes_on_the_wire(digest, size, direction, slot):
    datagram = side(direction, digest).wrap(HEADER, REST)
    number = b"\0\0\0\1" + (1000).to_bytes(4, "big")
    key = KEY[slot : slot + size]
    tag = hmac.digest(key, number + HEADER + REST, digest.lower().removeprefix("rsa-"))
    assert datagram == HEADER + tag + number + REST
    assert side(direction, digest).overhead == len(datagram) - len(HEADER + REST)


def test_only_the_other_direction_opens_it():
    datagram = side(1).wrap(HEADER, REST)
    assert side(0).unwrap(datagram) == (HEADER, REST)
    with pytest.raises(PacketError) as caught:
        side(1).unwrap(datagram)
    assert caught.value.reason is Drop.UNWRAP
    assert side(None).unwrap(side(None).wrap(HEADER, REST)) == (HEADER, REST)


def test_every_packet_has_its_own_number_and_the_time_stays():
    wrapper, peer = side(1), side(0)
    first, second = wrapper.wrap(HEADER, REST), wrapper.wrap(HEADER, REST)
    assert (first[29:33], second[29:33]) == (b"\0\0\0\1", b"\0\0\0\2")
    assert first[33:37] == second[33:37]
    assert peer.unwrap(second) == peer.unwrap(first)


def test_earlier_clock_is_a_replay_and_later_one_is_not():
    peer = side(0)
    peer.unwrap(side(1, timestamp=1000).wrap(HEADER, REST))
    peer.unwrap(side(1, timestamp=1001).wrap(HEADER, REST))
    with pytest.raises(PacketError) as caught:
        peer.unwrap(side(1, timestamp=1000).wrap(HEADER, REST))
    assert caught.value.reason is Drop.CONTROL_REPLAY
    assert caught.value.detail == "Authenticate/Decrypt packet error: #1 / time = (1000)"


def test_a_forged_packet_does_not_move_the_replay_window():
    peer, datagram = side(0), side(1, timestamp=2000).wrap(HEADER, REST)
    with pytest.raises(PacketError):
        peer.unwrap(datagram[:-1] + b"x")
    assert peer.unwrap(side(1, timestamp=1000).wrap(HEADER, REST)) == (HEADER, REST)


@pytest.mark.parametrize("digest", ["none", "", "nonsense"])
def test_unknown_digest_is_an_error_of_the_configuration(digest):
    with pytest.raises(ConfigError, match="auth: unknown digest"):
        side(0, digest)
