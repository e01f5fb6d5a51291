"""Every error the VPN can raise, and the one list of reasons for dropping a datagram.

    VpnError
    ├── ConfigError          a directive, with its place: "client.ovpn:7: remote: port must be …"
    ├── PacketError          one bad datagram; carries a Drop; never leaves the core
    ├── NegotiationError     the control channel failed; the peer is dropped or restarted
    │   ├── TlsError
    │   └── AuthFailed
    ├── RemotesExhausted     every remote was tried as often as connect-retry-max allows
    └── SystemFailure        the kernel or the file system refused something

Two promises: a PacketError never leaves the core, and nothing but a VpnError leaves it.
"""

from __future__ import annotations

from enum import Enum


class Drop(Enum):
    """Why a datagram or a packet was dropped. Tests assert on these, `status` prints them."""

    MALFORMED = "malformed"
    UNKNOWN_OPCODE = "unknown opcode"
    WRONG_ROLE = "a reset of our own role"
    UNWRAP = "control packet authentication failed"
    CONTROL_REPLAY = "replayed control packet"
    UNKNOWN_SESSION = "unknown session id"
    UNKNOWN_PEER = "unknown peer"
    WRONG_ADDRESS = "not from the server's address"
    UNKNOWN_KEY = "unknown key id"
    KEY_NOT_READY = "key not ready"
    AUTH = "data packet authentication failed"
    REPLAY = "replayed data packet"
    BAD_COMPRESSION = "compressed packet refused"
    BAD_FRAGMENT = "malformed fragment"
    FRAGMENT_LOST = "packet with a fragment missing"
    BAD_SOURCE = "bad source address from client"
    BAD_PACKET = "not an IP packet"
    VLAN = "frame of another VLAN"
    NO_ROUTE = "no client for this destination"
    NOT_CONNECTED = "tunnel not up"
    RATE_LIMIT = "too many new connections"
    OUT_OF_WINDOW = "control packet outside the receive window"
    TOO_LARGE = "packet larger than the tunnel's MTU"
    BLOCKED = "link is busy"
    IPV6_BLOCKED = "IPv6 is blocked by block-ipv6"


class VpnError(Exception):
    """The root: whatever leaves the core or the configuration is one of these."""


class ConfigError(VpnError):
    """A directive that can't be taken, with the place where it stands."""

    def __init__(
        self, problem: str, *, source: str = "", line: int = 0, directive: str = ""
    ) -> None:
        self.problem = problem
        self.source = source
        self.line = line
        self.directive = directive
        place = f"{source}:{line}" if source and line else source
        super().__init__(": ".join(part for part in (place, directive, problem) if part))


class PacketError(VpnError):
    """One datagram that can't be taken. The core counts it by its reason and goes on."""

    def __init__(self, reason: Drop, detail: str = "", cause: str = "") -> None:
        self.reason = reason
        self.detail = detail
        self.cause = cause  # a line for the log before the one about the drop
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)


class NegotiationError(VpnError):
    """The control channel of one peer failed; `reason` is the restart reason of [man: signals]."""

    def __init__(self, text: str, reason: str = "tls-error") -> None:
        self.reason = reason
        super().__init__(text)


class TlsError(NegotiationError):
    """The TLS library gave up: a bad certificate, no common version, an alert."""


class RemotesExhausted(VpnError):
    """The client has nowhere left to go; the process ends."""

    def __init__(self, tries: int) -> None:
        super().__init__(
            f"All connections have been connect-retry-max ({tries}) times unsuccessful, exiting"
        )


class AuthFailed(NegotiationError):
    """The peer said AUTH_FAILED, or failed our own check."""

    def __init__(self, text: str) -> None:
        super().__init__(text, reason="auth-failure")


class SystemFailure(VpnError):
    """The operating system refused something: what, and what to do about it."""
