"""From a finished negotiation to 256 bytes of key material, and from there to one key each way.

Two derivations [draft: key-derivation]: the PRF over both sides' random values, or the TLS
exporter (`tls-ekm`). The client encrypts with keys[0] and the server with keys[1], whichever it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from vpn.crypto.aead import AeadKey
from vpn.crypto.cbc import CbcKey
from vpn.crypto.ciphers import DataCipher
from vpn.crypto.clear import ClearKey
from vpn.crypto.feedback import FeedbackKey
from vpn.crypto.mac import Mac
from vpn.crypto.prf import tls1_prf
from vpn.crypto.replay import LongReplayWindow, ReplayWindow
from vpn.wire.key_method import KeySource
from vpn.wire.static_key import KEY_SIZE, DirectionKey, split

EXPORTER_LABEL = b"EXPORTER-OpenVPN-datakeys"
MASTER_SIZE = 48
Window: TypeAlias = ReplayWindow | LongReplayWindow


class DataKey(Protocol):
    """One direction's key, whatever its packets look like."""

    @property
    def error_prefix(self) -> str:
        """The front of a line for the log."""

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """One payload -> one datagram."""

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """One datagram -> (packet id, payload); PacketError if it is not genuine."""

    def new_window(self, size: int, seconds: float) -> Window:
        """The replay window for the ids that `open` returns."""


def from_prf(
    client: KeySource, server: KeySource, client_session_id: bytes, server_session_id: bytes
) -> bytes:
    """256 bytes from what the two key method 2 messages carried."""
    master = tls1_prf(
        client.pre_master, b"OpenVPN master secret" + client.random1 + server.random1, MASTER_SIZE
    )
    session_ids = client_session_id + server_session_id
    seed = b"OpenVPN key expansion" + client.random2 + server.random2 + session_ids
    return tls1_prf(master, seed, KEY_SIZE)


def data_keys(
    material: bytes,
    cipher: DataCipher,
    *,
    is_server: bool,
    digest: str,
    random_bytes: Callable[[int], bytes],
    unix_time: int,
) -> tuple[DataKey, DataKey]:
    """(send, receive) keys of one side.

    digest: `hashlib`'s name, empty for none; an AEAD does without. random_bytes: for IVs.
    """
    from_client, from_server = (
        data_key(slot, cipher, digest, random_bytes, unix_time) for slot in split(material)
    )
    return (from_server, from_client) if is_server else (from_client, from_server)


def static_keys(
    slots: tuple[DirectionKey, DirectionKey],
    cipher: DataCipher,
    digest: str,
    random_bytes: Callable[[int], bytes],
    unix_time: int,
) -> tuple[DataKey, DataKey]:
    """(send, receive) of a static key: CBC, with packet ids of the long form."""
    assert cipher.algorithm is not None
    algorithms = [cipher.algorithm(slot.cipher[: cipher.key_size]) for slot in slots]
    macs = [Mac(digest, slot.hmac) for slot in slots]
    send, receive = (
        CbcKey(algorithm, mac, random_bytes, unix_time)
        for algorithm, mac in zip(algorithms, macs, strict=True)
    )
    return send, receive


def data_key(
    slot: DirectionKey,
    cipher: DataCipher,
    digest: str,
    random_bytes: Callable[[int], bytes],
    unix_time: int,
) -> DataKey:
    """One direction's key, of the class for the cipher's packets."""
    if cipher.aead is not None:
        return AeadKey(cipher.aead(slot.cipher[: cipher.key_size]), slot.hmac)
    mac = Mac(digest, slot.hmac)
    if cipher.algorithm is None or cipher.mode is None:
        return ClearKey(mac)
    algorithm = cipher.algorithm(slot.cipher[: cipher.key_size])
    if cipher.is_cbc:
        return CbcKey(algorithm, mac, random_bytes)
    return FeedbackKey(algorithm, cipher.mode, mac, unix_time)
