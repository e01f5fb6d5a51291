"""tls-crypt-v2: the key that a client brings, who asks for it twice, and who is not let in."""

from __future__ import annotations

import pytest

from vpn.control.tls_crypt import TlsCrypt
from vpn.control.tls_crypt_v2 import RESEND_WKC, TlsCryptV2Client, TlsCryptV2Server
from vpn.crypto.client_key import ServerKey
from vpn.errors import Drop, PacketError
from vpn.wire import control
from vpn.wire.opcodes import Opcode, first_byte

SERVER_KEY = ServerKey.of(bytes(range(128)))
MATERIAL = bytes(range(256))
METADATA = b"\1" + bytes(8)
WRAPPED = SERVER_KEY.wrap(MATERIAL, METADATA)
RESET = first_byte(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0)
SERVER_RESET = bytes((first_byte(Opcode.P_CONTROL_HARD_RESET_SERVER_V2, 0),)) + b"serverid"
CONTROL = bytes((first_byte(Opcode.P_CONTROL_V1, 0),)) + b"clientid"
HEADER = bytes((RESET,)) + b"clientid"
REST = bytes(5)


def client() -> TlsCryptV2Client:
    return TlsCryptV2Client(MATERIAL, WRAPPED, 1000)


def server(**changes) -> TlsCryptV2Server:
    return TlsCryptV2Server(SERVER_KEY, 1000, **changes)


def test_the_first_packet_brings_the_key():
    datagram = client().wrap(HEADER, REST)
    assert datagram[0] >> 3 == Opcode.P_CONTROL_HARD_RESET_CLIENT_V3
    assert datagram[9:13].hex() == "0f000001"
    assert (len(datagram), datagram.endswith(WRAPPED)) == (353, True)
    end = server()
    assert end.unwrap(datagram) == (HEADER, REST)
    assert (end.material, end.is_cookie_possible) == (MATERIAL, True)
    assert end.reset_payload == RESEND_WKC


def test_the_second_brings_it_again_if_the_server_asks():
    ours, theirs = client(), server()
    theirs.unwrap(ours.wrap(HEADER, REST))
    second = control.rest((0,), b"serverid", 1, b"hello")
    assert not ours.wrap(CONTROL, second).endswith(WRAPPED)
    reset = control.rest((0,), b"clientid", 0, RESEND_WKC)
    ours.unwrap(theirs.wrap(SERVER_RESET, reset))
    datagram = ours.wrap(CONTROL, second)
    assert datagram[0] >> 3 == Opcode.P_CONTROL_WKC_V1
    assert datagram.endswith(WRAPPED)
    assert server().unwrap(datagram) == (CONTROL, second)  # also by one that kept nothing
    assert theirs.unwrap(datagram) == (CONTROL, second)
    third = control.rest((), b"", 2, b"hello")
    assert not ours.wrap(CONTROL, third).endswith(WRAPPED)


def test_a_client_that_counts_from_one_can_not_be_asked():
    plain = TlsCrypt(MATERIAL, 1000, is_server=False)
    header = bytes((first_byte(Opcode.P_CONTROL_HARD_RESET_CLIENT_V3, 0),)) + b"clientid"
    end = server()
    assert end.unwrap(plain.wrap(header, REST) + WRAPPED) == (HEADER, REST)
    assert (end.is_cookie_possible, end.reset_payload) == (False, b"")


def test_skipping_counts_before_the_key_is_known():
    end = server()
    end.skip()
    end.unwrap(client().wrap(HEADER, REST))
    assert end.wrap(SERVER_RESET, REST)[9:13] == b"\0\0\0\2"


def refused(end: TlsCryptV2Server, datagram: bytes) -> str:
    with pytest.raises(PacketError) as caught:
        end.unwrap(datagram)
    assert caught.value.reason is Drop.UNWRAP
    return caught.value.detail


def test_what_is_refused():
    datagram = client().wrap(HEADER, REST)
    no_key = "Can not unwrap tls-crypt-v2 client key"
    assert refused(TlsCryptV2Server(ServerKey.of(bytes(128)), 0), datagram) == no_key
    assert refused(server(), datagram[:-1]) == no_key
    assert refused(server(verify=lambda metadata: metadata != METADATA), datagram) == (
        "TLS CRYPT V2 VERIFY SCRIPT ERROR"
    )
    assert refused(server(), HEADER + REST) == "could not determine wrapping"
    bent = bytearray(datagram)
    bent[30] ^= 1
    assert refused(server(), bytes(bent)) == "tls-crypt unwrapping failed"


def test_older_clients_may_use_a_key_that_all_share():
    shared = bytes(256)
    end = server(fallback=TlsCrypt(shared, 1000, is_server=True))
    older = TlsCrypt(shared, 1000, is_server=False)
    assert end.unwrap(older.wrap(HEADER, REST)) == (HEADER, REST)
    assert end.material == shared
