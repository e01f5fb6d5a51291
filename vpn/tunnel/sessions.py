"""Control sessions of both roles, and the peers around them, made from the options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from vpn import __version__
from vpn.config.options import Options
from vpn.control import negotiate
from vpn.control.session import ControlSession, SessionConfig
from vpn.control.tls import TlsContext
from vpn.control.wrap import wrapper_factory
from vpn.errors import Drop
from vpn.events import Address
from vpn.hooks import Hooks, NullHooks
from vpn.trace import NullTracer, PeerLog, Tracer
from vpn.tunnel import shape
from vpn.tunnel.client_keys import ClientKeyCheck
from vpn.tunnel.credentials import Credentials
from vpn.tunnel.peer import Peer
from vpn.wire.control import SESSION_ID_SIZE

SERVER_JITTER = 0.1  # a server renegotiates up to this share earlier


class Peers(Protocol):
    """Makes the peers of an endpoint."""

    credentials: Credentials

    def use(self, options: Options) -> None:
        """Take the options of a `<connection>` block, or the common ones again."""

    def peer(self, log: PeerLog, address: Address, now: float) -> Peer:
        """A remote that has just appeared."""


class SessionMaker:
    """Makes one endpoint's control sessions; building it checks certificates and keys."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
        hooks: Hooks | None = None,
        tracer: Tracer | None = None,
        drops: Counter[Drop] | None = None,
        *,
        is_server: bool,
    ) -> None:
        self._options = options
        self._options_strings: dict[bool, str] = {}  # by is_tcp: a server's are all the same
        self._random_bytes = random_bytes
        self._wall_clock = wall_clock
        self._is_server = is_server
        self._tracer = tracer or NullTracer()
        self._drops = Counter() if drops is None else drops
        self.credentials = Credentials(options.client)
        self._hooks = hooks or NullHooks()
        self._tls = TlsContext(options, wall_clock(), is_server=is_server, hooks=self._hooks)
        self._may_use = ClientKeyCheck(options.tls, self._hooks, wall_clock)
        self.wrappers = wrapper_factory(options, is_server=is_server, verify=self._may_use)

    def use(self, options: Options) -> None:
        """Take the options of a `<connection>` block, or the common ones again."""
        if options is not self._options:
            self._options = options
            self._options_strings.clear()
            self.wrappers = wrapper_factory(options, is_server=self._is_server)

    def unix_time(self) -> int:
        """The time that goes into the packet ids of a wrapper."""
        return int(self._wall_clock())

    def peer(
        self, log: PeerLog, address: Address, now: float, *, session_id: bytes | None = None
    ) -> Peer:
        """A remote with a session that has not begun."""
        session = self.make(log, address, session_id=session_id)
        return Peer(
            self._options, session, address, now, log,
            is_server=self._is_server, tracer=self._tracer, drops=self._drops,
        )  # fmt: skip

    def make(
        self, log: PeerLog, address: Address, *, session_id: bytes | None = None
    ) -> ControlSession:
        """A session that has not begun; a stateless server gives the id it has promised."""
        tls, peer_info = self._options.tls, ""
        is_p2p = self._options.is_point_to_point
        if is_p2p or not self._is_server:
            peer_info = negotiate.own_peer_info(self._options, f"vpnlab-{__version__}", self._hooks)
        config = SessionConfig(
            self._tls,
            self._random_bytes,
            self._options_string(is_tcp=bool(address.connection)),
            peer_info,
            self.credentials.for_key_exchange,
            tls.hand_window,
            tls.tran_window,
            tls.tls_timeout,
            tls.max_packet_size - shape.outer_size(address),
            self._reneg_after(),
            self.unix_time(),
            is_symmetric=is_p2p,
        )
        own_id = session_id or self._random_bytes(SESSION_ID_SIZE)
        return ControlSession(config, self.wrappers.new(self.unix_time()), own_id, log)

    def _options_string(self, *, is_tcp: bool) -> str:
        known = self._options_strings
        if is_tcp not in known:
            is_server = self._is_server
            known[is_tcp] = negotiate.own_options_string(
                self._options, is_server=is_server, is_tcp=is_tcp
            )
        return known[is_tcp]

    def _reneg_after(self) -> float:
        """Seconds from one key to the next, not the same for all clients of a server."""
        tls = self._options.tls
        least = tls.reneg_sec_min
        if least is None:
            least = round(tls.reneg_sec * (1 - SERVER_JITTER)) if self._is_server else tls.reneg_sec
        return tls.reneg_sec - (tls.reneg_sec - least) * self._random_bytes(1)[0] / 255
