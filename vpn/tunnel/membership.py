"""A client's life in the server: admitted, answered, timed out, removed."""

from __future__ import annotations

import logging

from vpn.config.options import Options
from vpn.events import CloseLink, Event, PeerJoined, PeerLeft
from vpn.trace import NOTICE
from vpn.tunnel.admission import Admission, Refusal
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.switch import InnerSwitch
from vpn.wire import messages

DELAYED_EXIT = 5.0  # seconds a client is kept after EXIT or AUTH_FAILED
PUSH_REPEAT = 30.0  # seconds in which a repeated PUSH_REQUEST is passed over
NO_ADDRESS = "MULTI: no dynamic or static remote --ifconfig address is available for %s"
EXITING = "SIGTERM[soft,%s] received, client-instance exiting"
RESTARTING = "SIGUSR1[soft,%s] received, client-instance restarting"
FINAL = frozenset({"delayed-exit", "ping-exit", "inactive", "session-timeout"})
DUPLICATE = (
    "MULTI: new connection by client '%s' will cause previous active sessions by this client to be "
    "dropped.  Remember to use the --duplicate-cn option if you want multiple clients using the "
    "same certificate or username to concurrently connect."
)

log = logging.getLogger("vpn.server")


class Membership:
    """Who belongs to the server. Appends what happens to `events`."""

    def __init__(
        self, options: Options, clients: ClientTable, switch: InnerSwitch, events: list[Event]
    ) -> None:
        self._options = options
        self._clients = clients
        self._switch = switch
        self._events = events
        self._allows_duplicates = options.server.duplicate_cn
        self._admission = Admission(options)

    def after_batch(self, entry: ClientEntry, now: float) -> None:
        """A client sent something: admit it, read its messages, watch its limits."""
        if entry not in self._clients:
            return  # another of the same batch took its place
        peer = entry.peer
        if peer.is_authenticated and not entry.admitted and entry.kill_at is None:
            self._admit(entry, now)
        for text in peer.session.take_messages():
            self._handle_message(entry, text, now)
        if peer.has_left and entry.kill_at is None:
            peer.log.log(NOTICE, "OCC exit message received by peer")
            self.remove(entry, "remote-exit", now)
            return
        peer.end_of_batch(now)

    def handle_deadline(self, entry: ClientEntry, now: float) -> None:
        """A goodbye that is over, or a silence that is too long."""
        if entry.kill_at is not None and now >= entry.kill_at:
            self.remove(entry, entry.kill_reason, now)
        elif (ending := entry.peer.ending(now)) is not None:
            entry.peer.log.log(NOTICE, "%s", ending.words)
            self.remove(entry, ending.reason, now)

    def remove(self, entry: ClientEntry, reason: str, now: float) -> None:
        """Forget a client and give its address back."""
        if entry not in self._clients:
            return
        words = EXITING if reason in FINAL else RESTARTING
        entry.peer.log.log(NOTICE, words, reason)
        self._clients.remove(entry)
        self._switch.forget(entry)
        self._admission.release(entry.address, now)
        if entry.peer.address.connection:
            self._events.append(CloseLink(entry.peer.address))
        if entry.admitted:
            self._events.append(PeerLeft(entry.peer.address, entry.name, reason))

    def _handle_message(self, entry: ClientEntry, text: str, now: float) -> None:
        name = text.partition(",")[0]
        entry.peer.log.info("PUSH: Received control message: '%s'", text)
        if name == messages.PUSH_REQUEST:
            if entry.admitted and now >= entry.push_blocked_until:
                self._push(entry, now)
        elif name == messages.EXIT and entry.kill_at is None:
            entry.peer.log.log(NOTICE, "CC-EEN exit message received by peer")
            _remove_later(entry, "delayed-exit", now)

    def _admit(self, entry: ClientEntry, now: float) -> None:
        peer = entry.peer
        assert peer.session.remote is not None
        peer.log.prefix = f"{peer.common_name}/{peer.log.prefix}"
        self._drop_older(entry, now)
        admitted = self._admission.admit(peer.session.remote, peer.common_name, entry.peer_id)
        if isinstance(admitted, Refusal):
            _refuse(entry, admitted, now)
            return
        entry.admitted = True
        entry.address, entry.replies = admitted.address, admitted.replies
        peer.connected_at = now
        if entry.address is not None:
            words = "MULTI_sva: pool returned IPv4=%s, IPv6=(Not enabled)"
            peer.log.log(NOTICE, words, entry.address)
            self._switch.assign(entry, entry.address)
        elif self._options.tun.dev_type.value == "tun":
            peer.log.log(NOTICE, NO_ADDRESS, peer.log.prefix)
        peer.agree(self._options, admitted.agreement, now)
        if admitted.wants_push_at_once:
            self._push(entry, now)
        self._events.append(PeerJoined(peer.address, entry.name, str(entry.address or "")))

    def _drop_older(self, entry: ClientEntry, now: float) -> None:
        for other in self._clients:
            if other is entry or not other.admitted:
                continue
            if other.peer.address == entry.peer.address:
                self.remove(other, "replaced by a new session from its address", now)
            elif other.name == entry.name and not self._allows_duplicates:
                log.log(NOTICE, DUPLICATE, entry.name)
                self.remove(other, "duplicate-cn", now)

    def _push(self, entry: ClientEntry, now: float) -> None:
        entry.push_blocked_until = now + PUSH_REPEAT
        for text in entry.replies:
            shown = messages.shown(text)
            entry.peer.log.info("SENT CONTROL [%s]: '%s' (status=1)", entry.name, shown)
            entry.peer.session.send_message(text)


def _refuse(entry: ClientEntry, refusal: Refusal, now: float) -> None:
    entry.peer.log.log(NOTICE, "%s", refusal.words)
    failed = ",".join(filter(None, (messages.AUTH_FAILED, refusal.text)))
    entry.peer.log.info("SENT CONTROL [%s]: '%s' (status=1)", entry.name, failed)
    entry.peer.session.send_message(failed)
    _remove_later(entry, "delayed-exit", now)


def _remove_later(entry: ClientEntry, reason: str, now: float) -> None:
    entry.peer.log.log(NOTICE, "Delayed exit in %d seconds", DELAYED_EXIT)
    entry.kill_at = now + DELAYED_EXIT
    entry.kill_reason = reason
