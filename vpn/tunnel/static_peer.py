"""The other end of a tunnel with a static key: a peer without a control session.

Options are compared by two messages in the tunnel itself [draft: occ]; nothing follows from them
but a line in the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from vpn.config.options import Options
from vpn.control.negotiate import Agreement, static_options_string
from vpn.control.session import ControlSession
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.data_key import ReceiveKey, SendKey
from vpn.crypto.key_material import static_keys
from vpn.crypto.mac import digest_name
from vpn.data import occ
from vpn.data.static_channel import StaticChannel
from vpn.errors import Drop
from vpn.events import Address
from vpn.trace import NullTracer, PeerLog, Tracer
from vpn.tunnel.credentials import Credentials
from vpn.tunnel.data_keys import log_keys
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.peer import Peer
from vpn.wire import options_string, static_key

ASK_INTERVAL = 10.0  # seconds
MAX_ASKED = 12


class NoSession(ControlSession):
    """Nobody to talk to: nothing is ever due, nothing was ever said."""

    def __init__(self) -> None:
        self.reneg_after = 0.0
        self.local_session_id = self.remote_session_id = b""
        self.primary = self._lame_duck = None

    def connect(self, now: float) -> None:
        """There is nobody to greet."""


class StaticPeer(Peer):
    """A peer whose keys are there from the start."""

    def __init__(
        self, options: Options, keys: tuple[SendKey, ReceiveKey], address: Address, now: float,
        log: PeerLog, *, tracer: Tracer, drops: Counter[Drop],
    ) -> None:  # fmt: skip
        super().__init__(
            options, NoSession(), address, now, log, is_server=False, tracer=tracer, drops=drops
        )
        self.channel = StaticChannel(keys, options.data.replay_window)
        self.agreement = Agreement(options.data.static_cipher, False, None, False)
        self._own = static_options_string(options, is_tcp=bool(address.connection))
        self._ask_at: float | None = now
        self._asked = 0
        self._is_asked = False

    def _take_operation(self, operation: int, message: bytes) -> None:
        super()._take_operation(operation, message)
        if operation == occ.REQUEST:
            self._is_asked = True
        elif operation == occ.REPLY:
            self._ask_at = None
            for line in options_string.differences(self._own, occ.text(message)):
                self.log.info("%s", line)

    @property
    def wants_attention(self) -> bool:
        """Also when the other end asks for our options."""
        return self._is_asked or super().wants_attention

    def datagrams_to_send(self, now: float) -> list[bytes]:
        """A ping if one is due, what the other end has asked for, and what we ask."""
        datagrams = super().datagrams_to_send(now)
        if self._is_asked:
            self._is_asked = False
            datagrams += self.seal_payload(occ.message(occ.REPLY, self._own))
        if self._ask_at is not None and now >= self._ask_at:
            self._asked += 1
            self._ask_at = now + ASK_INTERVAL if self._asked < MAX_ASKED else None
            datagrams += self.seal_payload(occ.message(occ.REQUEST))
        return datagrams

    def next_deadline(self) -> float | None:
        """The earliest of everything this peer waits for."""
        return earliest(super().next_deadline(), self._ask_at)


class StaticPeers:
    """Makes the peers of one endpoint; building it checks the key."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
        tracer: Tracer | None,
        drops: Counter[Drop],
    ) -> None:
        self._options = options
        self._random_bytes = random_bytes
        self._wall_clock = wall_clock
        self._tracer = tracer or NullTracer()
        self._drops = drops
        self.credentials = Credentials(options.client)
        assert options.tls.static_key is not None
        self._material = static_key.parse(options.tls.static_key, "secret")

    def use(self, options: Options) -> None:
        """Take the options of a `<connection>` block, or the common ones again."""
        self._options = options

    def peer(self, log: PeerLog, address: Address, now: float) -> Peer:
        """A remote, as if it had just appeared."""
        data = self._options.data
        cipher, digest = DATA_CIPHERS[data.static_cipher], digest_name(data.auth)
        log_keys(log, cipher, digest, None, "Static Key Encryption")
        keys = static_keys(
            static_key.by_direction(self._material, self._options.tls.key_direction),
            cipher,
            digest,
            self._random_bytes,
            int(self._wall_clock()),
        )
        return StaticPeer(
            self._options, keys, address, now, log, tracer=self._tracer, drops=self._drops
        )
