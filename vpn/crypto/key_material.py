"""From a finished negotiation to 256 bytes of key material, and from there to one key each way.

Two derivations [draft: key-derivation]: the PRF over both sides' random values, or the TLS
exporter (`tls-ekm`). The client encrypts with keys[0] and the server with keys[1], whichever it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from vpn.crypto.aead import AeadKey
from vpn.crypto.cbc import CbcKey
from vpn.crypto.ciphers import DataCipher
from vpn.crypto.clear import ClearKey
from vpn.crypto.data_key import ReceiveKey, SendKey
from vpn.crypto.epoch import EpochReceiveKey, EpochSendKey
from vpn.crypto.feedback import FeedbackKey
from vpn.crypto.mac import Mac
from vpn.crypto.prf import tls1_prf
from vpn.wire.key_method import KeySource
from vpn.wire.static_key import KEY_SIZE, DirectionKey, split

EXPORTER_LABEL = b"EXPORTER-OpenVPN-datakeys"
MASTER_SIZE = 48
AnyKey: TypeAlias = AeadKey | ClearKey | CbcKey | FeedbackKey


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
    has_epochs: bool = False,
) -> tuple[SendKey, ReceiveKey]:
    """(send, receive) keys of one side.

    digest: `hashlib`'s name, empty for none; an AEAD does without. random_bytes: for IVs.
    """
    from_client, from_server = split(material)
    send, receive = (from_server, from_client) if is_server else (from_client, from_server)
    if has_epochs:
        sealing = EpochSendKey(cipher, send.cipher)
        return sealing, EpochReceiveKey(cipher, receive.cipher, sealing)
    return (
        data_key(send, cipher, digest, random_bytes, unix_time),
        data_key(receive, cipher, digest, random_bytes, unix_time),
    )


def static_keys(
    slots: tuple[DirectionKey, DirectionKey],
    cipher: DataCipher,
    digest: str,
    random_bytes: Callable[[int], bytes],
    unix_time: int,
) -> tuple[SendKey, ReceiveKey]:
    """(send, receive) of a static key: CBC, with packet ids of the long form."""
    assert cipher.algorithm is not None
    algorithm, size = cipher.algorithm, cipher.key_size
    send, receive = (
        CbcKey(algorithm(slot.cipher[:size]), Mac(digest, slot.hmac), random_bytes, unix_time)
        for slot in slots
    )
    return send, receive


def data_key(
    slot: DirectionKey,
    cipher: DataCipher,
    digest: str,
    random_bytes: Callable[[int], bytes],
    unix_time: int,
) -> AnyKey:
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
