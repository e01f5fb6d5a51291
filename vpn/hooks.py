"""What the core asks while it works, and somebody outside answers at once.

The stock program, too, runs these programs in the middle of its work and waits for them.
"""

from __future__ import annotations

from typing import Protocol


class Hooks(Protocol):
    """The questions. The shell's answers come from scripts."""

    def learn_address(self, operation: str, address: str, common_name: str) -> bool:
        """A server's client begins or ends to use an address: `add`, `update`, `delete`."""

    def tls_crypt_v2_verify(self, kind: int, metadata: bytes) -> bool:
        """May a client's own key with this metadata be used? kind: 0 the user's, 1 a time."""


class NullHooks:
    """Nobody asks to be asked: everything may be."""

    def learn_address(self, operation: str, address: str, common_name: str) -> bool:
        """Yes."""
        return True

    def tls_crypt_v2_verify(self, kind: int, metadata: bytes) -> bool:
        """Yes."""
        return True
