"""What crosses the border between the core and the shell: addresses, batches, events.

The core never calls the shell. It answers `events()` with these values, in the order in
which they happened, and the shell acts on them (opens a link, configures the tun, exits).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from vpn.config.options import Connection, Options


class Address(NamedTuple):
    """The other end of a link. `connection` is 0 over UDP and the number of the stream over TCP.

    `local` says by which of a server's sockets and addresses it comes; only the link reads it.
    """

    host: str
    port: int
    connection: int = 0
    local: str = ""

    @property
    def short(self) -> str:
        """As in the names of a server's clients."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def __str__(self) -> str:
        family = "AF_INET6" if ":" in self.host else "AF_INET"
        return f"[{family}]{self.host}:{self.port}"


Incoming: TypeAlias = tuple[Address, list[bytes]]
"""(from, datagrams): what came one after the other from one remote."""

Outgoing: TypeAlias = tuple[Address, list[bytes]]
"""(to, datagrams): grouped by remote, ready for one system call."""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """Client: resolve and open a link to this remote, then call `link_ready` or `link_lost`.

    `turn` counts the addresses of the remote's name that were tried before.
    """

    connection: Connection
    turn: int = 0


@dataclass(frozen=True, slots=True)
class CloseLink:
    """This link is done: close its stream (TCP) or socket (client) once what is queued has gone."""

    address: Address


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question besides the password. `state` and `username` are empty in a static one."""

    text: str
    shows_answer: bool
    needs_answer: bool = True
    state: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class CredentialsWanted:
    """Client: ask for user name and password (and an answer), then call `set_credentials`.

    `username` is what is known already; a challenge with a `state` wants nothing but its answer.
    """

    username: str
    challenge: Challenge | None


@dataclass(frozen=True, slots=True)
class AuthFailed:
    """Client: the server does not take user name and password; `text` is its reason, if any."""

    text: str


@dataclass(frozen=True, slots=True)
class AuthPending:
    """Client: the server asks for patience; `seconds` is 0 if it does not say how long."""

    seconds: int


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Client: something for the user, a page to open or a challenge to answer."""

    text: str


@dataclass(frozen=True, slots=True)
class TunnelUp:
    """The tunnel's settings are known (pushed, or the server's own): configure the tun."""

    options: Options


@dataclass(frozen=True, slots=True)
class ForTun:
    """The tunnel itself answers what the tun gave: packets for the tun, out of their turn."""

    packets: list[bytes]


@dataclass(frozen=True, slots=True)
class Restarting:
    """Client: this attempt is over; the core asks for a new link after `delay` seconds."""

    reason: str
    delay: float
    signal: str = "SIGUSR1"
    source: str = "soft"


@dataclass(frozen=True, slots=True)
class Exiting:
    """The process should end with `exit_code`."""

    reason: str
    exit_code: int = 0
    signal: str = "SIGTERM"
    source: str = "soft"


@dataclass(frozen=True, slots=True)
class AdmissionWanted:
    """Server: somebody outside has to say whether a client may come in; then call `decide`.

    question: "auth" is about user name and password, at each key exchange; "config" is about what
    a client gets, once it is known who it is. A client waits until the answer has come.
    """

    question: str
    client_id: int
    key_id: int
    common_name: str
    username: str
    password: str = field(repr=False)
    environment: dict[str, str]
    is_renegotiation: bool = False


@dataclass(frozen=True, slots=True)
class ClientResponded:
    """Server: a client answers a challenge that came with AUTH_PENDING; `response` is base64."""

    client_id: int
    key_id: int
    response: str
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to `AdmissionWanted`. `reason` is what AUTH_FAILED tells the client."""

    is_allowed: bool
    reason: str = ""
    directives: tuple[str, ...] = ()  # lines as they stand in a file of client-config-dir


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """Server: a client has its address and its keys."""

    address: Address
    common_name: str
    tunnel_address: str
    client_id: int = 0
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """Server: a client is gone; `reason` as in the restart reasons of the log."""

    address: Address
    common_name: str
    reason: str
    client_id: int = 0
    environment: dict[str, str] = field(default_factory=dict)


Event: TypeAlias = (
    OpenLink
    | CloseLink
    | CredentialsWanted
    | AuthFailed
    | AuthPending
    | ServerInfo
    | TunnelUp
    | ForTun
    | Restarting
    | Exiting
    | AdmissionWanted
    | ClientResponded
    | PeerJoined
    | PeerLeft
)
