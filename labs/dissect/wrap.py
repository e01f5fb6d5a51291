"""Control packets put under tls-auth or tls-crypt, and taken out: for who builds packets by hand.

    reset = OpenVPNControl(opcode="P_CONTROL_HARD_RESET_CLIENT_V2", session_id=b"8 bytes.")
    under_tls_crypt(reset, static_key("tls-crypt.key"), from_client=True)

Nothing is remembered: number and time of a packet are what the caller says, also what no honest end
would say. What comes out has fields to change.
"""

from __future__ import annotations

import time
from pathlib import Path

from labs.dissect.layer import OpenVPN, OpenVPNAuth, OpenVPNControl, OpenVPNCrypt
from labs.errors import LabError
from vpn.control.tls_auth import TlsAuth
from vpn.control.tls_crypt import PACKET_ID_SIZE, TlsCrypt
from vpn.control.wrap import Wrapper
from vpn.errors import ConfigError, PacketError
from vpn.wire import static_key as key_file
from vpn.wire.control import HEADER_SIZE


def static_key(path: str | Path) -> bytes:
    """The 256 bytes of a key file, as tls-auth, tls-crypt and secret name one."""
    try:
        return key_file.parse(Path(path).read_bytes(), str(path))
    except (OSError, ConfigError) as problem:
        raise LabError(f"{path} can't be read as a static key", str(problem)) from None


def under_tls_auth(
    packet: OpenVPNControl,
    key: bytes,
    *,
    direction: int | None = None,
    digest: str = "SHA1",
    replay_id: int = 1,
    replay_time: int | None = None,
) -> OpenVPNAuth:
    """A plain control packet as an end with this key direction sends it; the time is now's."""
    moment = _moment(replay_time)
    wrapper = TlsAuth(key, direction, digest, moment, first_id=replay_id - 1)
    hmac = _wrapped(packet, wrapper)[HEADER_SIZE : HEADER_SIZE + wrapper.overhead - PACKET_ID_SIZE]
    found: OpenVPNAuth = OpenVPNAuth(
        **packet.fields, hmac=hmac, replay_id=replay_id, replay_time=moment
    )
    found.add_payload(packet.payload.copy())
    return found


def under_tls_crypt(
    packet: OpenVPNControl,
    key: bytes,
    *,
    from_client: bool,
    replay_id: int = 1,
    replay_time: int | None = None,
    wrapped_client_key: bytes = b"",
) -> OpenVPNCrypt:
    """A plain control packet as a client or a server sends it; the time is now's.

    wrapped_client_key: what stands behind a P_CONTROL_HARD_RESET_CLIENT_V3 or P_CONTROL_WKC_V1.
    """
    moment = _moment(replay_time)
    wrapper = TlsCrypt(key, moment, is_server=not from_client, first_id=replay_id - 1)
    return OpenVPNCrypt(_wrapped(packet, wrapper) + wrapped_client_key)


def unwrapped(packet: OpenVPN, key: bytes | None, *, from_client: bool) -> OpenVPNControl:
    """The plain control packet in any; tls-auth shows it without its key."""
    datagram = bytes(packet)
    if isinstance(packet, OpenVPNControl):
        return packet
    if isinstance(packet, OpenVPNAuth):
        at = HEADER_SIZE + len(packet.hmac) + PACKET_ID_SIZE
        return OpenVPNControl(datagram[:HEADER_SIZE] + datagram[at:])
    if not isinstance(packet, OpenVPNCrypt):
        raise LabError(f"{packet.summary()} is no control packet")
    if key is None:
        raise LabError("the packet is wrapped", "and its tls-crypt key is not known")
    wrapped = datagram[: len(datagram) - len(packet.wrapped_client_key or b"")]
    try:
        header, rest = TlsCrypt(key, 0, is_server=from_client).unwrap(wrapped)
    except PacketError:
        raise LabError("the packet was wrapped with another tls-crypt key") from None
    return OpenVPNControl(header + rest)


def _wrapped(packet: OpenVPNControl, wrapper: Wrapper) -> bytes:
    plain = bytes(packet)
    return wrapper.wrap(plain[:HEADER_SIZE], plain[HEADER_SIZE:])


def _moment(replay_time: int | None) -> int:
    return int(time.time()) if replay_time is None else replay_time
