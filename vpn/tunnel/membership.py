"""A client's life in the server: admitted, answered, timed out, removed."""

from __future__ import annotations

import logging
from collections.abc import Callable

from vpn.config.client_config import merge_client
from vpn.config.options import DevType, Options
from vpn.control.negotiate import without_compression
from vpn.events import (
    Address,
    AdmissionWanted,
    ClientResponded,
    CloseLink,
    Decision,
    Event,
    PeerJoined,
    PeerLeft,
)
from vpn.trace import NOTICE
from vpn.tunnel.admission import Admission, Refusal
from vpn.tunnel.approval import FAILED, Approval, Verdict
from vpn.tunnel.client_environment import of_client
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.switch import InnerSwitch
from vpn.wire import messages
from vpn.wire.peer_info import Proto, parse

DELAYED_EXIT = 5.0  # seconds a client is kept after EXIT or AUTH_FAILED
PUSH_REPEAT = 30.0  # seconds in which a repeated PUSH_REQUEST is passed over
NO_ADDRESS = "MULTI: no dynamic or static remote --ifconfig address is available for %s"
CONSTRAINT = (
    "MULTI ERROR: primary virtual IP for %s (%s) violates tunnel network/netmask constraint (%s/%s)"
)
EXITING = "SIGTERM[soft,%s] received, client-instance exiting"
RESTARTING = "SIGUSR1[soft,%s] received, client-instance restarting"
FINAL = frozenset({"delayed-exit", "ping-exit", "inactive", "session-timeout"})
CONNECT_REFUSED = "MULTI: client has been rejected by its own configuration or by client-connect"
NOT_ENABLED = "(Not enabled)"
DUPLICATE = (
    "MULTI: new connection by client '%s' will cause previous active sessions by this client to be "
    "dropped.  Remember to use the --duplicate-cn option if you want multiple clients using the "
    "same certificate or username to concurrently connect."
)

log = logging.getLogger("vpn.server")


class Membership:
    """Who belongs to the server. Appends what happens to `events`."""

    def __init__(
        self,
        options: Options,
        clients: ClientTable,
        switch: InnerSwitch,
        approval: Approval,
        wall_clock: Callable[[], float],
        events: list[Event],
    ) -> None:
        self._options = options
        self._clients = clients
        self._switch = switch
        self._events = events
        self._allows_duplicates = options.server.duplicate_cn
        self._approval = approval
        self._wall_clock = wall_clock
        self.admission = Admission(options)
        access = options.access
        self._asks_for_config = bool(access.client_config_dir or access.client_connect)
        # Describing a client takes as long as the rest of its admission: not if nobody wants it.
        self._is_heard = bool(access.client_disconnect or options.management.address)

    def after_batch(self, entry: ClientEntry, now: float) -> None:
        """A client sent something: read its messages."""
        peer = entry.peer
        if entry not in self._clients:
            return  # another of the same batch took its place
        for text in peer.session.take_messages():
            self._handle_message(entry, text, now)
        if peer.has_left and entry.kill_at is None:
            peer.log.log(NOTICE, "OCC exit message received by peer")
            self.remove(entry, "remote-exit", now)

    def judge(self, entry: ClientEntry, now: float) -> None:
        """After a control packet: if it ended a negotiation, data comes right behind it."""
        if entry.peer.negotiated is not entry.judged and entry.kill_at is None:
            self._identify(entry, now)

    def handle_deadline(self, entry: ClientEntry, now: float) -> None:
        """A goodbye that is over, or a silence that is too long."""
        if entry.kill_at is not None and now >= entry.kill_at:
            self.remove(entry, entry.kill_reason, now)
        elif entry.answer_by is not None and now >= entry.answer_by:
            self.decide(entry, Decision(is_allowed=False), now)
        elif entry.token_renew_at is not None and now >= entry.token_renew_at:
            self._push_token(entry, now)
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
        self.admission.release(entry.lease)
        if entry.peer.address.connection:
            self._events.append(CloseLink(entry.peer.address))
        if entry.admitted:
            told = self._told(entry, now)
            self._events.append(
                PeerLeft(entry.peer.address, entry.name, reason, entry.client_id, told)
            )

    def move(self, entry: ClientEntry, address: Address, now: float) -> None:
        """A genuine packet came from a new address: answer there from now on."""
        for other in self._clients:
            if other is entry or other.peer.address != address or not other.admitted:
                continue
            if other.peer.certificate != entry.peer.certificate:
                words = "Disallow float to an address taken by another client %s"
                log.log(NOTICE, words, address)
                return
            self.remove(other, "its certificate floated to its address", now)
        words, old = "peer %d (%s) floated from %s to %s", entry.peer.address.short
        log.info(words, entry.peer_id, entry.name, old, address)
        entry.peer.log.prefix = f"{entry.name}/{address.short}"
        self._clients.move(entry, address)

    def dismiss(self, entry: ClientEntry, now: float, message: str) -> None:
        """End a client: at once, or when it has had the time to read the message."""
        if message:
            entry.peer.session.send_message(message)
            _remove_later(entry, "delayed-exit", now)
        else:
            self.remove(entry, "", now)

    def _handle_message(self, entry: ClientEntry, text: str, now: float) -> None:
        name = text.partition(",")[0]
        entry.peer.log.info("PUSH: Received control message: '%s'", text)
        if name == messages.PUSH_REQUEST:
            if entry.admitted and now >= entry.push_blocked_until:
                self._push(entry, now)
        elif name == messages.EXIT and entry.kill_at is None:
            entry.peer.log.log(NOTICE, "CC-EEN exit message received by peer")
            _remove_later(entry, "delayed-exit", now)
        elif name == messages.CR_RESPONSE and entry.judged is not None:
            told = of_client(entry, now, self._wall_clock())
            response = text.partition(",")[2]
            key_id = entry.judged.key_id
            self._events.append(ClientResponded(entry.client_id, key_id, response, told))

    # -- admission, in the order of its questions ----------------------------------------------

    def _identify(self, entry: ClientEntry, now: float) -> None:
        """A key exchange is done: who is this? Also at a renegotiation, if it has a user name."""
        entry.judged = entry.peer.negotiated
        entry.common_name = self._common_name(entry)
        verdict = self._approval.judge(entry)
        if isinstance(verdict, Refusal):
            _refuse(entry, verdict, now)
        elif verdict is Verdict.ASK:
            self._ask("auth", entry, now)
        else:
            self._approved(entry, now)

    def _ask(self, question: str, entry: ClientEntry, now: float) -> None:
        said = entry.peer.session.remote
        assert said is not None
        assert entry.judged is not None
        entry.question, entry.answer_by = question, now + self._options.tls.hand_window
        self._events.append(
            AdmissionWanted(
                question,
                entry.client_id,
                entry.judged.key_id,
                entry.common_name,
                said.username,
                said.password,
                of_client(entry, now, self._wall_clock()),
                is_renegotiation=entry.admitted,
            )
        )

    def decide(self, entry: ClientEntry, decision: Decision, now: float) -> None:
        """The answer to the last question about a client."""
        if entry not in self._clients or not entry.question:
            return
        question, entry.question, entry.answer_by = entry.question, "", None
        entry.directives += decision.directives
        if not decision.is_allowed:
            words = FAILED if question == "auth" else CONNECT_REFUSED
            _refuse(entry, Refusal(words, decision.reason), now)
        elif question == "auth":
            self._approved(entry, now)
        else:
            self._admit(entry, now)

    def ask_patience(self, entry: ClientEntry, seconds: int, text: str, now: float) -> None:
        """AUTH_PENDING, in words that the client knows, and what it has to do meanwhile."""
        said = entry.peer.session.remote
        if not entry.question or said is None:
            return
        entry.answer_by = now + seconds
        knows_time = Proto.AUTH_PENDING_KW in parse(said.peer_info).proto
        pending = messages.AUTH_PENDING
        self._send(entry, f"{pending},timeout {seconds}" if knows_time else pending)
        if text:
            self._send(entry, f"{messages.INFO_PRE},{text}")

    def _approved(self, entry: ClientEntry, now: float) -> None:
        """It is who it says."""
        peer, said = entry.peer, entry.peer.session.remote
        assert said is not None
        peer.approve(now)
        if said.username and self._approval.wants_user:
            if said.username != entry.locked_username:
                entry.username = said.username
            words = "TLS: Username/Password authentication succeeded for username '%s'%s"
            is_name = self._options.access.username_as_common_name
            peer.log.log(NOTICE, words, said.username, " [CN SET]" if is_name else "")
        if entry.admitted:
            self._push_token(entry, now)
            return
        peer.log.prefix = f"{entry.common_name}/{peer.log.prefix}"
        self._drop_older(entry, now)
        entry.lease = self.admission.lease(entry.name)
        if self._asks_for_config:
            self._ask("config", entry, now)
        else:
            self._admit(entry, now)

    def _admit(self, entry: ClientEntry, now: float) -> None:
        peer, options = entry.peer, self._options
        assert peer.session.remote is not None
        if entry.directives:
            options = merge_client(options, entry.directives)
        options = without_compression(options, peer.session.remote)
        if options.per_client.override_username:
            self._approval.override(entry, options.per_client.override_username)
        token = self._approval.token_options(entry)
        admitted = self.admission.admit(
            peer.session.remote, entry.peer_id, entry.lease, options, token
        )
        if isinstance(admitted, Refusal):
            _refuse(entry, admitted, now)
            return
        if options.per_client.ifconfig is not None:  # its place in the pool is free for another
            self.admission.release(entry.lease)
            entry.lease = None
        entry.admitted = True
        entry.address, entry.ipv6 = admitted.address, admitted.ipv6
        entry.replies = admitted.replies
        peer.connected_at = now
        if entry.lease is not None and options.per_client.ifconfig is None:
            words = "MULTI_sva: pool returned IPv4=%s, IPv6=%s"
            ipv4, ipv6 = entry.address or NOT_ENABLED, entry.ipv6 or NOT_ENABLED
            peer.log.log(NOTICE, words, ipv4, ipv6)
        elif entry.address is None and options.tun.dev_type is DevType.TUN:
            peer.log.log(NOTICE, NO_ADDRESS, peer.log.prefix)
        allowed = options.access.address_constraint
        if allowed is not None and entry.address is not None and entry.address not in allowed:
            words = CONSTRAINT % (peer.log.prefix, entry.address, *allowed.with_netmask.split("/"))
            peer.log.error("%s", words)
        for text in admitted.own_routes:
            peer.log.info("REMOVE PUSH ROUTE: '%s'", text)
        self._switch.assign(entry, options)
        peer.agree(options, admitted.agreement, now)
        if admitted.wants_push_at_once:
            self._push(entry, now)
        told = self._told(entry, now)
        self._events.append(
            PeerJoined(peer.address, entry.name, str(entry.address or ""), entry.client_id, told)
        )
        self._note_renewal(entry, now)

    def _told(self, entry: ClientEntry, now: float) -> dict[str, str]:
        """What scripts and the management are told of who came or went."""
        return of_client(entry, now, self._wall_clock()) if self._is_heard else {}

    def _common_name(self, entry: ClientEntry) -> str:
        said = entry.peer.session.remote
        if said is not None and said.username and self._options.access.username_as_common_name:
            return "".join(letter if letter.isprintable() else "_" for letter in said.username)
        return entry.peer.common_name

    def _push_token(self, entry: ClientEntry, now: float) -> None:
        """A client that stays gets a fresh token."""
        options = self._approval.token_options(entry)
        if options:
            self._send(entry, ",".join((messages.PUSH_REPLY, *options)))
        self._note_renewal(entry, now)

    def _note_renewal(self, entry: ClientEntry, now: float) -> None:
        renewal = self._approval.renewal
        entry.token_renew_at = now + renewal if renewal and entry.token else None

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
            self._send(entry, text)

    @staticmethod
    def _send(entry: ClientEntry, text: str) -> None:
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
