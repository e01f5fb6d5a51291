"""The MAC in front of what is sealed: an HMAC, with the digest that `auth` names.

    ..   header           not covered
    n    HMAC             n = digest size of `auth`; absent with `auth none`
    ..   what it covers, to the end

For the ciphers that don't check their packets themselves: CBC, CFB, OFB, none.
"""

from __future__ import annotations

import hmac

from vpn.errors import ConfigError, Drop, PacketError

NULL_DIGEST = "[null-digest]"  # in an options string
ERROR_PREFIX = "Authenticate/Decrypt packet error"
FORGED = f"{ERROR_PREFIX}: packet HMAC authentication failed"


def digest_name(auth: str) -> str:
    """`hashlib`'s name for a directive's digest, SHA256 or RSA-SHA256 alike; empty for none."""
    name = auth.lower().removeprefix("rsa-")
    if name in ("none", NULL_DIGEST):
        return ""
    try:
        hmac.digest(b"key", b"", name)
    except ValueError:
        raise ConfigError(f'unknown digest "{auth}"', directive="auth") from None
    return name


def mac_size(digest: str) -> int:
    """Bytes of the MAC. digest: `hashlib`'s name, empty for none."""
    return len(hmac.digest(b"key", b"", digest)) if digest else 0


class Mac:
    """One direction's MAC key."""

    __slots__ = ("_digest", "_key", "size")

    def __init__(self, digest: str, slot: bytes) -> None:
        self.size = mac_size(digest)
        self._digest = digest
        self._key = slot[: self.size]

    def over(self, sealed: bytes) -> bytes:
        """The MAC; empty for `auth none`."""
        return hmac.digest(self._key, sealed, self._digest) if self._digest else b""

    def check(self, datagram: bytes, at: int) -> bytes:
        """What stands behind the MAC at `at`; PacketError(AUTH) if a bit of it was changed."""
        end = at + self.size
        sealed = datagram[end:]
        if not hmac.compare_digest(datagram[at:end], self.over(sealed)):
            raise PacketError(Drop.AUTH, FORGED)
        return sealed
