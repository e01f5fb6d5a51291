"""Which tls-crypt-v2 keys a server takes: not too old, and not against the user's own check."""

from __future__ import annotations

import logging
from collections.abc import Callable

from vpn.config.options import TlsOptions
from vpn.crypto.client_key import TIMESTAMP
from vpn.hooks import Hooks
from vpn.trace import NOTICE

DAY = 86400  # seconds
TIME_SIZE = 8

log = logging.getLogger("vpn.server")


class ClientKeyCheck:
    """Asked with the metadata of a key, once for each session."""

    def __init__(self, tls: TlsOptions, hooks: Hooks, wall_clock: Callable[[], float]) -> None:
        self._max_age = tls.tls_crypt_v2_max_age
        self._hooks = hooks
        self._wall_clock = wall_clock

    def __call__(self, metadata: bytes) -> bool:
        """May it be used? `metadata` begins with its kind; a key may have none at all."""
        if self._max_age is not None and not self._is_fresh(metadata):
            return False
        kind = metadata[0] if metadata else -1
        return self._hooks.tls_crypt_v2_verify(kind, metadata[1:])

    def _is_fresh(self, metadata: bytes) -> bool:
        if metadata[:1] != bytes((TIMESTAMP,)) or len(metadata) != 1 + TIME_SIZE:
            log.log(NOTICE, "tls-crypt-v2: client key has no time, tls-crypt-v2-max-age refuses it")
            return False
        assert self._max_age is not None
        days = (self._wall_clock() - int.from_bytes(metadata[1:], "big")) / DAY
        if days > self._max_age:
            words = "tls-crypt-v2: client key is %d days old, tls-crypt-v2-max-age is %d"
            log.log(NOTICE, words, days, self._max_age)
            return False
        return True
