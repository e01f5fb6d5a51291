"""The shell's side of one endpoint: acts on the core's events, on signals and on time.

Links are opened and closed here, the device is configured, the stock program's milestone lines are
printed, and in the end `ending` says how it went.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, cast

from vpn.config.options import Options
from vpn.events import (
    Address,
    CloseLink,
    CredentialsWanted,
    Event,
    Exiting,
    ForTun,
    OpenLink,
    Restarting,
    TunnelUp,
)
from vpn.system import logfile, prompt, report
from vpn.system.desk import Desk
from vpn.system.device import Device
from vpn.system.link import Change, Link, LinkOpened
from vpn.system.links import ClientLinks, listen
from vpn.system.loop import Core, Loop
from vpn.system.signals import Signals
from vpn.system.tun import Tun
from vpn.system.up_down import UpDown
from vpn.trace import NOTICE
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.status import Status

if TYPE_CHECKING:
    from vpn.system.management.service import Management
    from vpn.tunnel.client import Client
    from vpn.tunnel.one_remote import OneRemote
    from vpn.tunnel.server import Server

log = logging.getLogger("vpn.process")

LOSSES = {
    "connection-reset": "Connection reset, restarting [0]",
    "network-unreachable": "Network unreachable, restarting",
}


class Action(Enum):
    """What comes after an ending."""

    EXIT = "exiting"
    RESTART = "restarting"  # the same options again (SIGUSR1 on a server)
    RELOAD = "restarting "  # the configuration is read again (SIGHUP)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the loop ended: `SIGTERM[hard,] received, process exiting`."""

    signal: str
    source: str
    reason: str
    action: Action = Action.EXIT
    exit_code: int = 0

    def __str__(self) -> str:
        action = self.action.value.strip()
        return f"{self.signal}[{self.source},{self.reason}] received, process {action}"


class Endpoint:
    """One run of a client or a server, from the core's `start` to its `Exiting`."""

    def __init__(
        self,
        core: Core,
        options: Options,
        inner: Device,
        signals: Signals,
        drop_rights: Callable[[], None],
        management: Management | None = None,
    ) -> None:
        self.ending: Ending | None = None
        self.link: Link | None = None
        self.core = self._core = core
        self.options = self._options = options
        self._device = inner
        self._signals = signals
        self._drop_rights = drop_rights
        self._is_server = options.server.mode_server
        self._links = ClientLinks(options.link, options.tun, core.drops)
        self._leaving: tuple[str, Action] | None = None  # the signal that began the stop
        self._completing = options  # the options of a tunnel that waits for route-delay
        self._complete_at: float | None = None
        status = options.log.status
        self._status_file = report.StatusFile(*status) if status else None
        self._status_at: float | None = time.monotonic() if status else None
        self._desk = Desk(options, cast("Server", core), inner) if self._is_server else None
        self._management = management
        if management is not None:
            management.attach(self)

    @property
    def tun(self) -> Tun | None:
        """The open tun, if there is one."""
        return self._device.tun

    @property
    def is_done(self) -> bool:
        """Is there an ending?"""
        return self.ending is not None

    def watch(self, loop: Loop) -> None:
        """Let the loop call us for signals and looked-up names."""
        loop.add(self._signals.fileno(), self._signals_ready)
        loop.add(self._links.fileno(), self._links_ready)
        if self._management is not None:
            loop.add(self._management.fileno(), self._management.ready)

    def close(self) -> None:
        """Close both sides; a tun that is to persist over a restart stays."""
        self._close_link()
        if self._status_file is not None:
            self._status_file.close()
        if self._desk is not None:
            self._desk.close()
        is_restart = self.ending is not None and self.ending.action is Action.RESTART
        if not (is_restart and self._options.tun.persist_tun):
            self._device.close()

    # -- the core's events ---------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> None:
        """Do what the core asks for, unless somebody has to be asked first."""
        if self._management is not None and self._management.keep(event):
            return
        self.act(event, now)

    def act(self, event: Event, now: float) -> None:
        """Do what the core asks for."""
        if self._management is not None:
            self._management.note(event)
        match event:
            case OpenLink():
                self._open_link(event, now)
            case CloseLink(address):
                self._close_remote(address)
            case CredentialsWanted():
                self._ask(event)
            case TunnelUp(options):
                self._tunnel_up(options, now)
            case ForTun(packets) if self.tun is not None:
                self.tun.write_batch(packets)
            case Restarting():
                self._restarting(event)
            case Exiting():
                self._exiting(event)
            case _ if self._desk is not None:
                self._desk.handle(event, now)

    def note(self, change: Change, now: float) -> None:
        """A stream opened or ended, or the remote's network is out of reach."""
        if isinstance(change, LinkOpened):
            if not self._is_server:
                if not self._links.accepts(change.address):
                    self._refuse(change.address)
                    return
                self._links.stream_opened()
            self._core.link_ready(change.address, now)
            return
        if not self._is_server:
            if self._links.is_listening and change.address != self._links.remote:
                return
            if change.reason in LOSSES:
                log.log(NOTICE, LOSSES[change.reason])
            self._close_link()
        self._core.link_lost(change.address, change.reason, now)

    def _refuse(self, address: Address) -> None:
        """A stream from elsewhere, or a second one."""
        log.log(
            NOTICE, "TCP NOTE: Rejected connection attempt from %s due to --remote setting", address
        )
        if self.link is not None:
            self.link.close_stream(address)

    def next_deadline(self) -> float | None:
        """The shell's own: a connect that takes too long, the status file."""
        asked = self._management.deadline if self._management is not None else None
        desk = self._desk.deadline if self._desk is not None else None
        return earliest(self._links.deadline, self._status_at, self._complete_at, desk, asked)

    def settle(self, now: float) -> None:
        """The end of a round: the log has its lines now that the packets are on their way."""
        logfile.flush()
        if self._management is not None:
            self._management.settle(now)

    def handle_deadline(self, now: float) -> None:
        """Let time pass."""
        if self._management is not None:
            self._management.handle_deadline(now)
        if self._desk is not None:
            self._desk.handle_deadline(now)
        if self._links.deadline is not None and now >= self._links.deadline:
            self._links.deadline = None
            failed = self._links.timed_out()
            self._close_link()
            self._core.link_lost(failed, "connection-failed", now)
        if self._complete_at is not None and now >= self._complete_at:
            self._complete(self._completing)
        if self._status_at is not None and self._status_file and now >= self._status_at:
            self._status_at = now + self._status_file.interval
            if not self._status_file.interval:
                self._status_at = None
            self._status_file.write(self.status_lines())

    @property
    def _remote(self) -> Address | None:
        """The other end, where there is just one: as it was looked up, or as it came."""
        if self._is_server:
            return None
        if self._links.remote is not None or not self._links.is_listening:
            return self._links.remote
        peer = cast("OneRemote", self._core).peer
        return peer.address if peer is not None else None

    def _tunnel_up(self, options: Options, now: float) -> None:
        remote = self._remote
        tell = self._management.up_down if self._management is not None else None
        who = dict if self._is_server else cast("OneRemote", self._core).describe_remote
        scripts = UpDown(options, remote, tell, who)
        scripts.ipchange()
        delay = options.tun.route_delay[0] if options.tun.route_delay else 0
        self._device.open(options.tun, remote and remote.host, scripts, is_delayed=delay > 0)
        if self._is_server:
            self.link = listen(self._options.link, self._options.tun, self._core.drops)
        elif self.link is not None:
            self._links.adjust(self.link, options.link)
        self._links.succeeded()
        self._core.tunnel_ready(now)
        if delay:
            self._complete_at, self._completing = now + delay, options
        else:
            self._complete(options)

    def _complete(self, options: Options) -> None:
        """The last of it, at once or after route-delay: routes, fewer rights, the milestone."""
        self._complete_at = None
        remote = self._remote
        is_clean = self._device.finish()
        self._drop_rights()
        errors = "" if is_clean else " With Errors"
        log.log(NOTICE, "Initialization Sequence Completed%s", errors)
        if self._management is not None:
            self._management.connected(options, remote, is_clean=is_clean)

    def _ask(self, event: CredentialsWanted) -> None:
        """Ask again on the terminal; without one, an empty answer ends the client."""
        client, options = cast("Client", self._core), self._options.client
        if options.auth_nocache and options.auth_user_pass_file and event.challenge is None:
            client.set_credentials(*prompt.read_again(options.auth_user_pass_file))
        elif prompt.has_terminal():
            client.set_credentials(*prompt.again(event.username, event.challenge))
        else:
            log.error("AUTH: no terminal to ask for another user name and password on")
            client.set_credentials("", "")

    def _restarting(self, event: Restarting) -> None:
        if (name := self._options.process.remap_usr1) is not None:
            action = Action.EXIT if name == "SIGTERM" else Action.RELOAD
            self.ending = Ending(name, event.source, event.reason, action)
            return
        self._close_link()
        self._complete_at = None
        if self._options.tun.persist_tun:
            self._device.pause()
        else:
            self._device.close()
        source = "connection failed(soft)" if event.reason == "connection-failed" else event.source
        log.log(
            NOTICE, "%s[%s,%s] received, process restarting", event.signal, source, event.reason
        )
        if event.delay:
            log.info("Restart pause, %d second(s)", event.delay)

    def _exiting(self, event: Exiting) -> None:
        name, action = event.signal, Action.EXIT
        if self._leaving is not None and event.source == "hard":
            name, action = self._leaving
        self.ending = Ending(name, event.source, event.reason, action, event.exit_code)

    # -- links ---------------------------------------------------------------------------------

    def _links_ready(self) -> None:
        """A name was looked up (or was an address already): open the link."""
        now = time.monotonic()
        for outcome in self._links.take():
            if isinstance(outcome, Address):
                self._core.link_lost(outcome, "Could not determine IPv4/IPv6 protocol", now)
                continue
            self.link = outcome
            cast("OneRemote", self._core).remotes.addresses = self._links.addresses
            if self._links.is_open:
                assert self._links.remote is not None
                self._core.link_ready(self._links.remote, now)
            elif self._management is not None and not self._links.is_listening:
                self._management.show("TCP_CONNECT")

    def _open_link(self, event: OpenLink, now: float) -> None:
        self._close_link()
        self._links.open(event.connection, now, event.turn)
        self._links_ready()
        if self.link is None and self._management is not None:
            self._management.show("RESOLVE")

    def _close_remote(self, address: Address) -> None:
        if self._is_server:
            if self.link is not None:
                self.link.close_stream(address)
        else:
            self._close_link()

    def _close_link(self) -> None:
        link, self.link = self.link, None
        self._links.forget()
        if link is not None:
            link.close()

    # -- signals -------------------------------------------------------------------------------

    def _signals_ready(self) -> None:
        for number in self._signals.take():
            remapped = self._options.process.remap_usr1 if number.name == "SIGUSR1" else None
            self.throw(remapped or number.name)

    def throw(self, name: str, reason: str = "") -> None:
        """What a signal means. With a reason it is the program's own, not from outside."""
        now, source = time.monotonic(), "soft" if reason else "hard"
        if name in ("SIGTERM", "SIGINT") and reason:
            self.ending = Ending(name, source, reason)
        elif name in ("SIGTERM", "SIGINT"):
            self._stop(name, Action.EXIT, now)
        elif name == "SIGHUP" and self._is_server:
            self._stop(name, Action.RELOAD, now)
        elif name == "SIGHUP":
            self.ending = Ending(name, source, reason, Action.RELOAD)
        elif name == "SIGUSR1" and self._is_server:
            self._stop(name, Action.RESTART, now)
        elif name == "SIGUSR1":
            self._core.restart(reason, now)
        else:
            for text in report.with_drops(self.status_lines(1), self.status()):
                log.log(NOTICE, "%s", text)

    def _stop(self, name: str, action: Action, now: float) -> None:
        """The first time ask the core, which may want to say goodbye; the second time just go."""
        if self._leaving is not None:
            if action is Action.EXIT or self._leaving[1] is not Action.EXIT:
                self.ending = Ending(name, "hard", "", action)
            return  # an exit under way is not turned into a restart
        self._leaving = (name, action)
        self._core.stop(now)

    # -- status --------------------------------------------------------------------------------

    def status(self) -> Status:
        """Figures of this moment."""
        return self._core.status(time.monotonic())

    def status_lines(self, version: int = 0) -> list[str]:
        """The same as a report; version 0: the one that status-version says."""
        if not self._is_server:
            return report.client_lines(self.status(), time.time())
        version = version or self._options.log.status_version
        return report.server_lines(self.status(), time.monotonic(), time.time(), version)
