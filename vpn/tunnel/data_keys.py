"""The keys of the data channel, from a negotiation of the control channel that has finished."""

from __future__ import annotations

from vpn.config.tls_options import TlsOptions
from vpn.control.key_state import KeyState
from vpn.control.negotiate import Agreement
from vpn.control.session import ControlSession
from vpn.crypto import key_material
from vpn.crypto.ciphers import DATA_CIPHERS, DataCipher
from vpn.crypto.data_key import ReceiveKey, SendKey
from vpn.crypto.mac import mac_size
from vpn.trace import NOTICE, PeerLog
from vpn.wire.static_key import KEY_SIZE

MAX_BYTES_OF_SMALL_BLOCKS = 64 * 1024 * 1024
REDUCED = (
    "WARNING: cipher with small block size in use, reducing reneg-bytes to 64MB to mitigate "
    "SWEET32 attacks."
)
SMALL_BLOCK = (
    "WARNING: INSECURE cipher (%s) with block size less than 128 bit (%d bit).  This allows "
    "attacks like SWEET32.  Mitigate by using a --cipher with a larger block size "
    "(e.g. AES-256-CBC)."
)


def data_keys(
    session: ControlSession,
    key_state: KeyState,
    agreement: Agreement,
    digest: str,
    *,
    is_server: bool,
) -> tuple[SendKey, ReceiveKey]:
    """(send, receive). digest: `hashlib`'s name of what `auth` says."""
    return key_material.data_keys(
        _material(session, key_state, agreement, is_server=is_server),
        DATA_CIPHERS[agreement.cipher],
        is_server=is_server,
        digest=digest,
        random_bytes=session.random_bytes,
        unix_time=session.unix_time,
        has_epochs=agreement.has_epochs,
    )


def _material(
    session: ControlSession, key_state: KeyState, agreement: Agreement, *, is_server: bool
) -> bytes:
    if agreement.uses_exporter:
        return key_state.engine.export(key_material.EXPORTER_LABEL, KEY_SIZE)
    assert key_state.remote is not None
    local, remote = key_state.local.source, key_state.remote.source
    own_id, peer_id = session.local_session_id, session.remote_session_id
    if is_server:
        return key_material.from_prf(remote, local, peer_id, own_id)
    return key_material.from_prf(local, remote, own_id, peer_id)


def max_bytes(limits: TlsOptions, cipher: DataCipher) -> int | None:
    """Bytes under one key [man: --reneg-bytes]; small blocks have a limit of their own."""
    if limits.reneg_bytes is None and cipher.is_small:
        return MAX_BYTES_OF_SMALL_BLOCKS
    return limits.reneg_bytes


def log_keys(
    log: PeerLog, cipher: DataCipher, digest: str, limits: TlsOptions | None,
    channel: str = "Data Channel",
) -> None:  # fmt: skip
    """What the keys are for, as the stock program says it. No limits: they never change."""
    for direction in ("Outgoing", "Incoming"):
        if cipher.key_size:
            words = "%s %s: Cipher '%s' initialized with %d bit key"
            log.debug(words, direction, channel, cipher.name, cipher.key_size * 8)
        if cipher.key_size and cipher.is_small:
            log.log(NOTICE, SMALL_BLOCK, cipher.name, cipher.block_size * 8)
        if digest and cipher.aead is None:
            words = "%s %s: Using %d bit message hash '%s' for HMAC authentication"
            log.debug(words, direction, channel, mac_size(digest) * 8, digest.upper())
    if limits is not None and limits.reneg_bytes is None and cipher.is_small:
        log.log(NOTICE, REDUCED)
