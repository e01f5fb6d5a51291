"""Pull: ask the server for options until it answers, and make sense of the answer [man: --pull]."""

from __future__ import annotations

from dataclasses import dataclass

from vpn.config import parse
from vpn.config.options import Options
from vpn.control import negotiate
from vpn.control.negotiate import Agreement
from vpn.errors import ConfigError, NegotiationError
from vpn.trace import NOTICE, PeerLog
from vpn.tunnel import push_update
from vpn.tunnel.credentials import Credentials
from vpn.tunnel.peer import Peer
from vpn.wire import messages

FIRST_REQUEST = 1.0  # seconds after the keys were exchanged
REQUEST_INTERVAL = 5.0
REFUSED = "process-push-msg-failed"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a push comes to."""

    options: Options
    agreement: Agreement


class Pull:
    """One attempt's pull. `deadline` is None before the handshake is done and after the answer."""

    def __init__(self, options: Options, credentials: Credentials, log: PeerLog) -> None:
        self._options = options
        self._credentials = credentials
        self._log = log
        self._assembler = messages.PushAssembler()
        self._pushed: list[str] = []  # that count, of all pushes so far
        self._agreement: Agreement | None = None
        self._until = 0.0
        self._is_done = False
        self.deadline: float | None = None

    def begin(self, now: float) -> None:
        """The handshake is done; wait a moment for a server that pushes unasked."""
        if self.deadline is None and not self._is_done:
            self.deadline = now + FIRST_REQUEST
            self._until = now + self._options.tls.hand_window

    def extend(self, seconds: float, now: float) -> None:
        """The server has asked for patience."""
        self._until = now + seconds

    def handle_deadline(self, peer: Peer, now: float) -> None:
        """Send a PUSH_REQUEST; NegotiationError when the server has kept silent for too long."""
        if self.deadline is None or now < self.deadline:
            return
        if now >= self._until:
            self.deadline = None
            text = f"No reply from server to push requests in {self._options.tls.hand_window}s"
            raise NegotiationError(text, "no-push-reply")
        self._log.log(NOTICE, "SENT CONTROL [%s]: 'PUSH_REQUEST' (status=1)", peer.common_name)
        peer.session.send_message(messages.PUSH_REQUEST)
        self.deadline = now + REQUEST_INTERVAL

    def receive(self, peer: Peer, text: str) -> Pulled | None:
        """Take a PUSH_REPLY or PUSH_UPDATE; the result once it is whole.

        NegotiationError if it can't be used.
        """
        self._log.info("PUSH: Received control message: '%s'", messages.shown(text))
        pushed = self._assembler.feed(text)
        if pushed is None or peer.session.remote is None:
            return None
        if text.startswith(messages.PUSH_UPDATE):
            return self._update(pushed)
        is_first, self._is_done, self.deadline = not self._is_done, True, None
        options = self._merged(pushed)
        self._credentials.take_token(options.push.auth_token, options.push.auth_token_user)
        if not is_first:
            return None  # a new token at a renegotiation; everything else stays
        agreement = negotiate.client_agreement(options, peer.session.remote.options_string)
        if agreement is None:
            own = ":".join(self._options.data.data_ciphers)
            raise NegotiationError(
                "OPTIONS ERROR: failed to negotiate cipher with server.  Add the server's cipher "
                f"('{options.push.cipher or 'none'}') to --data-ciphers (currently '{own}') if you "
                "want to connect to this server.",
                REFUSED,
            )
        self._pushed, self._agreement = pushed, agreement
        return Pulled(options, agreement)

    def _update(self, changes: list[str]) -> Pulled | None:
        """What the server changes while the tunnel stands."""
        if self._agreement is None:
            return None  # there is nothing yet that could change
        before, self._pushed = self._pushed, push_update.updated(self._pushed, changes)
        if self._pushed == before:
            return None
        return Pulled(self._merged(self._pushed), self._agreement)

    def _merged(self, pushed: list[str]) -> Options:
        try:
            return parse.merge(self._options, pushed)
        except ConfigError as problem:
            words = (
                f"OPTIONS ERROR: failed to import options/settings pushed by the server: {problem}"
            )
            raise NegotiationError(words, REFUSED) from None
