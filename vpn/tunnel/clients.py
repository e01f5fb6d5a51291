"""The server's clients, found by session, by peer id, or by address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address

from vpn.control.key_state import KeyState
from vpn.crypto.auth_token import AuthToken
from vpn.events import Address
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.peer import Peer
from vpn.tunnel.pool import Lease
from vpn.tunnel.routes import MAX_HOSTS_PER_PEER
from vpn.tunnel.status import PeerStatus


@dataclass(slots=True, eq=False)
class ClientEntry:
    """One client of the server: its peer and what the server gave it."""

    peer: Peer
    peer_id: int
    client_id: int = 0  # never given twice
    address: IPv4Address | None = None
    ipv6: IPv6Address | None = None
    lease: Lease | None = None
    judged: KeyState | None = None  # the newest negotiation that was looked at
    question: str = ""  # what the shell was asked last and has not answered
    answer_by: float | None = None  # it is answered too late then
    directives: tuple[str, ...] = ()  # this client's own, of all answers
    vlan: int = 0  # its own, where there are VLANs
    max_routes: int = MAX_HOSTS_PER_PEER
    username: str | None = None  # once it is known to be the client's
    locked_username: str = ""  # the client's own, where it counts as somebody else
    common_name: str = ""  # the certificate's, or with username-as-common-name the user's
    token: AuthToken | None = None
    token_renew_at: float | None = None
    session_state: str = ""  # what a token was worth, for scripts
    replies: list[str] = field(default_factory=list)
    admitted: bool = False
    pushed: bool = False
    push_blocked_until: float = 0.0
    kill_at: float | None = None
    kill_reason: str = ""

    def next_deadline(self) -> float | None:
        """When something about this client is over, or due."""
        own = self.kill_at, self.answer_by, self.token_renew_at
        return earliest(self.peer.next_deadline(), *own)

    def status(self, now: float) -> PeerStatus:
        """Figures for the status report."""
        said = self.peer.session.remote
        return replace(
            self.peer.status(str(self.address or ""), now),
            client_id=self.client_id,
            peer_id=self.peer_id,
            common_name=self.name,
            username=self.username or (said.username if said else ""),
            tunnel_ipv6=str(self.ipv6 or ""),
        )

    @property
    def name(self) -> str:
        """For log lines and events."""
        return self.common_name or self.peer.common_name or "UNDEF"


class ClientTable:
    """Every client, admitted or still in its handshake."""

    def __init__(self, max_clients: int) -> None:
        self._max_clients = max_clients
        self._sessions: dict[Address, dict[bytes, ClientEntry]] = {}
        self.by_peer_id: dict[int, ClientEntry] = {}
        self.by_client_id: dict[int, ClientEntry] = {}
        self._next_client_id = 0

    def __iter__(self) -> Iterator[ClientEntry]:
        return iter(list(self.by_peer_id.values()))

    def __len__(self) -> int:
        return len(self.by_peer_id)

    def __contains__(self, entry: ClientEntry) -> bool:
        return self.by_peer_id.get(entry.peer_id) is entry

    def free_peer_id(self, spare: int = 0) -> int | None:
        """The lowest peer id that is not in use; None if the server is full.

        spare: one more for a client that is here already and begins again.
        """
        for peer_id in range(self._max_clients + spare):
            if peer_id not in self.by_peer_id:
                return peer_id
        return None

    def add(self, entry: ClientEntry) -> None:
        """Take a new client."""
        entry.client_id, self._next_client_id = self._next_client_id, self._next_client_id + 1
        self.by_peer_id[entry.peer_id] = self.by_client_id[entry.client_id] = entry
        self._place(entry)

    def by_session(self, address: Address, session_id: bytes) -> ClientEntry | None:
        """The client that this session id, seen from this address, belongs to."""
        return self._sessions.get(address, {}).get(session_id)

    def has_address(self, address: Address) -> bool:
        """Does any client, however far its handshake is, use this address?"""
        return address in self._sessions

    def admitted_at(self, address: Address) -> ClientEntry | None:
        """The client whose tunnel is up from this address."""
        entries = self._sessions.get(address, {}).values()
        return next((entry for entry in entries if entry.admitted), None)

    def by_address(self, address: Address) -> ClientEntry | None:
        """The client with this address and data keys (P_DATA_V1 says no more)."""
        entries = self._sessions.get(address, {}).values()
        return next((entry for entry in entries if entry.peer.channel.is_ready), None)

    def move(self, entry: ClientEntry, address: Address) -> None:
        """A client floated: it goes on from another address."""
        self._displace(entry)
        entry.peer.address = address
        self._place(entry)

    def remove(self, entry: ClientEntry) -> None:
        """Forget a client."""
        self.by_client_id.pop(entry.client_id, None)
        if self.by_peer_id.get(entry.peer_id) is entry:
            del self.by_peer_id[entry.peer_id]
        self._displace(entry)

    def _place(self, entry: ClientEntry) -> None:
        at_address = self._sessions.setdefault(entry.peer.address, {})
        at_address[entry.peer.session.remote_session_id] = entry

    def _displace(self, entry: ClientEntry) -> None:
        address, session_id = entry.peer.address, entry.peer.session.remote_session_id
        if self.by_session(address, session_id) is entry:
            del self._sessions[address][session_id]
            if not self._sessions[address]:
                del self._sessions[address]
