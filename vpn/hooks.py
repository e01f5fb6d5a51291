"""What the core asks while it works, and somebody outside answers at once.

The stock program, too, runs these programs in the middle of its work and waits for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

Environment: TypeAlias = Callable[[], dict[str, str]]
"""What a script is told; worked out only when one is run."""


class Hooks(Protocol):
    """The questions. The shell's answers come from scripts."""

    def learn_address(
        self, operation: str, address: str, common_name: str, environment: Environment
    ) -> bool:
        """A server's client begins or ends to use an address: `add`, `update`, `delete`."""

    def tls_crypt_v2_verify(self, kind: int, metadata: bytes) -> bool:
        """May a client's own key with this metadata be used? kind: 0 the user's, 1 a time."""

    def tls_verify(
        self, depth: int, subject: str, environment: Environment, pem: Callable[[], bytes]
    ) -> bool:
        """May a certificate of the peer's chain, which is valid, be used?"""

    def is_revoked(self, serial: int) -> bool:
        """Stands the serial number in the directory of crl-verify?"""

    def revocations(self) -> bytes | None:
        """The list of crl-verify, if it has changed since it was asked for last."""

    def log_key(self, line: str) -> None:
        """A secret of a TLS session, as one line of an NSS key log."""

    def hardware_address(self) -> str:
        """That of the link towards the default route; empty without one."""


class NullHooks:
    """Nobody asks to be asked: everything may be."""

    def learn_address(
        self, operation: str, address: str, common_name: str, environment: Environment
    ) -> bool:
        """Yes."""
        return True

    def tls_crypt_v2_verify(self, kind: int, metadata: bytes) -> bool:
        """Yes."""
        return True

    def tls_verify(
        self, depth: int, subject: str, environment: Environment, pem: Callable[[], bytes]
    ) -> bool:
        """Yes."""
        return True

    def is_revoked(self, serial: int) -> bool:
        """No."""
        return False

    def revocations(self) -> bytes | None:
        """It has not."""
        return None

    def log_key(self, line: str) -> None:
        """Nowhere."""

    def hardware_address(self) -> str:
        """None."""
        return ""
