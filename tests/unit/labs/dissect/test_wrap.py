"""Control packets that were wrapped by hand, as the ends of a VPN take them."""

from __future__ import annotations

import time

import pytest
from scapy.packet import Raw

from labs.dissect import (
    OpenVPN,
    OpenVPNAuth,
    OpenVPNControl,
    OpenVPNCrypt,
    OpenVPNDataV2,
    static_key,
    under_tls_auth,
    under_tls_crypt,
    unwrapped,
)
from labs.errors import LabError
from tests.sim.pair import CLIENT, Pair, server_options
from vpn.config.options import Secret
from vpn.control.tls_auth import TlsAuth
from vpn.control.tls_crypt import TlsCrypt
from vpn.crypto.client_key import ServerKey
from vpn.errors import Drop, PacketError
from vpn.wire import static_key as key_file

KEY = bytes(range(256))
SHARED = Secret(key_file.serialize(KEY).encode())
RESET = OpenVPNControl(opcode="P_CONTROL_HARD_RESET_CLIENT_V2", session_id=b"from lab")
MESSAGE = OpenVPNControl(
    session_id=b"from lab", acks=[0, 7], remote_session_id=b"from far", packet_id=3
) / Raw(b"TLS bytes")


def answer(server: dict[str, object], *packets: OpenVPN) -> tuple[list[OpenVPN], Pair]:
    """What a server says to packets from nowhere, and the server."""
    pair = Pair(server=server_options(**server))
    now = pair.network.now
    pair.server.core.datagrams_to_send(now)
    pair.server.core.decapsulate([(CLIENT, [bytes(packet) for packet in packets])], now)
    sent = pair.server.core.datagrams_to_send(now)
    return [OpenVPN(one) for _, some in sent for one in some], pair


@pytest.mark.parametrize("packet", [RESET, MESSAGE])
@pytest.mark.parametrize("is_server", [True, False])
def test_tls_crypt_is_taken_off_by_the_other_end(packet, is_server):
    wrapped = under_tls_crypt(packet, KEY, from_client=not is_server, replay_id=9, replay_time=77)
    header, rest = TlsCrypt(KEY, 0, is_server=not is_server).unwrap(bytes(wrapped))
    assert header + rest == bytes(packet)
    assert (wrapped.replay_id, wrapped.replay_time) == (9, 77)


@pytest.mark.parametrize(("digest", "size"), [("SHA1", 20), ("SHA256", 32), ("SHA512", 64)])
@pytest.mark.parametrize("direction", [None, 0, 1])
def test_tls_auth_is_taken_off_by_the_other_end(direction, digest, size):
    wrapped = under_tls_auth(MESSAGE, KEY, direction=direction, digest=digest, replay_id=5)
    other = None if direction is None else 1 - direction
    header, rest = TlsAuth(KEY, other, digest, 0).unwrap(bytes(wrapped))
    assert header + rest == bytes(MESSAGE)
    assert (type(wrapped), wrapped.replay_id, len(wrapped.hmac)) == (OpenVPNAuth, 5, size)
    assert abs(wrapped.replay_time - time.time()) < 60


def test_a_server_answers_a_reset_of_ours_and_no_other():
    auth = {"tls__tls_auth": SHARED, "tls__key_direction": 0}
    crypt = {"tls__tls_crypt": SHARED}
    cases = [
        (auth, under_tls_auth(RESET, KEY, direction=1), under_tls_auth(RESET, KEY, direction=0)),
        (
            crypt,
            under_tls_crypt(RESET, KEY, from_client=True),
            under_tls_crypt(RESET, KEY, from_client=False),
        ),
    ]
    for options, good, bad in cases:
        (said,), _ = answer(options, good)
        found = unwrapped(said, KEY, from_client=False)
        assert found.sprintf("%opcode%") == "P_CONTROL_HARD_RESET_SERVER_V2"
        assert (found.acks, found.remote_session_id) == ([0], b"from lab")
        said, pair = answer(options, bad)
        assert said == []
        assert pair.server.core.drops[Drop.UNWRAP] == 1


def test_a_field_that_is_changed_afterwards_breaks_the_seal():
    for wrapped in (under_tls_auth(MESSAGE, KEY), under_tls_crypt(MESSAGE, KEY, from_client=True)):
        wrapped.replay_id += 1
        wrapper = (
            TlsAuth(KEY, None, "SHA1", 0)
            if isinstance(wrapped, OpenVPNAuth)
            else TlsCrypt(KEY, 0, is_server=True)
        )
        with pytest.raises(PacketError):
            wrapper.unwrap(bytes(wrapped))


def test_a_clients_own_key_stands_behind_its_reset():
    own, server = bytes(reversed(KEY)), ServerKey.of(bytes(128))
    wrapped_key = server.wrap(own, b"\0")
    reset = OpenVPNControl(opcode="P_CONTROL_HARD_RESET_CLIENT_V3", session_id=b"from lab")
    wrapped = under_tls_crypt(
        reset, own, from_client=True, replay_id=0x0F000001, wrapped_client_key=wrapped_key
    )
    assert type(wrapped) is OpenVPNCrypt
    assert wrapped.wrapped_client_key == wrapped_key
    assert bytes(unwrapped(wrapped, own, from_client=True)) == bytes(reset)


def test_what_can_not_be_taken_off_is_one_line():
    wrapped = under_tls_crypt(RESET, KEY, from_client=True)
    for packet, key, words in (
        (wrapped, None, "its tls-crypt key is not known"),
        (wrapped, bytes(256), "another tls-crypt key"),
        (OpenVPNDataV2(), KEY, "P_DATA_V2 kid=0 is no control packet"),
    ):
        with pytest.raises(LabError, match=words):
            unwrapped(packet, key, from_client=True)


def test_a_key_file(tmp_path):
    (tmp_path / "ta.key").write_text(key_file.serialize(KEY))
    assert static_key(tmp_path / "ta.key") == KEY
    (tmp_path / "other").write_text("no key")
    for name in ("other", "none"):
        with pytest.raises(LabError, match=f"{name} can't be read as a static key"):
            static_key(tmp_path / name)
