"""From a finished negotiation to 256 bytes of key material, and from there to one key each way.

Two derivations [draft: key-derivation]: the PRF over both sides' random values, or the TLS
exporter (`tls-ekm`). The client encrypts with keys[0] and the server with keys[1], whichever it is.
"""

from __future__ import annotations

from vpn.crypto.aead import AeadKey
from vpn.crypto.ciphers import DataCipher
from vpn.crypto.prf import tls1_prf
from vpn.wire.key_method import KeySource
from vpn.wire.static_key import KEY_SIZE, split

EXPORTER_LABEL = b"EXPORTER-OpenVPN-datakeys"
MASTER_SIZE = 48


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


def data_keys(material: bytes, cipher: DataCipher, *, is_server: bool) -> tuple[AeadKey, AeadKey]:
    """(send, receive) keys of one side."""
    from_client, from_server = (
        AeadKey(cipher.aead(slot.cipher[: cipher.key_size]), slot.hmac) for slot in split(material)
    )
    return (from_server, from_client) if is_server else (from_client, from_server)
