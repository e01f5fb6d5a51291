"""Addresses, MTU and routes of the tunnel's interface; everything set here is undone here."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import socket
from collections.abc import Callable
from functools import partial

from vpn.config.options import TunOptions
from vpn.errors import SystemFailure
from vpn.system import routes
from vpn.system.link import explain
from vpn.system.netlink import Netlink, NextHop
from vpn.system.routes import Entry, Surroundings
from vpn.trace import NOTICE

log = logging.getLogger("vpn.interface")

GONE = frozenset({errno.ENODEV, errno.ESRCH, errno.ENOENT, errno.EADDRNOTAVAIL})


class Interface:
    """The interface called `name`. `close` undoes in reverse what was done."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.had_errors = False
        self._undo_routes: list[tuple[str, Callable[[], None]]] = []
        self._undo_addresses: list[tuple[str, Callable[[], None]]] = []
        try:
            self.index = socket.if_nametoindex(name)
        except OSError as problem:
            raise SystemFailure(f"ERROR: interface {name}: {explain(problem)}") from problem
        self._netlink = Netlink()

    # -- the interface itself ------------------------------------------------------------------

    def configure(self, options: TunOptions) -> None:
        """What is asked for, in the order of the stock program.

        Without an address the interface stays down and its MTU as it is: a tap without one is
        somebody's bridge port, and theirs to set up.
        """
        change = partial(self._netlink.set_link, self.index)
        if options.lladdr is not None:
            self._must("set MAC address", partial(change, mac=options.lladdr))
        if options.txqueuelen is not None:
            self._must("set queue length", partial(change, queue_length=options.txqueuelen))
        if options.ifconfig is None and options.ifconfig_ipv6 is None:
            return
        self._must("set MTU", partial(change, mtu=options.tun_mtu))
        log.log(NOTICE, "net_iface_mtu_set: mtu %d for %s", options.tun_mtu, self.name)
        self._must("set up", partial(change, up=True))
        log.log(NOTICE, "net_iface_up: set %s up", self.name)
        if options.ifconfig:
            local, second = options.ifconfig
            if routes.has_netmask(options):
                bits = ipaddress.IPv4Network(f"0.0.0.0/{second}").prefixlen
                self._add_address("v4", f"{local}/{bits}", local, local, bits)
            else:
                text = f"{local} peer {second}"
                self._add_address("ptp_v4", text, local, local, 32, second)
        if options.ifconfig_ipv6:
            address = options.ifconfig_ipv6[0]
            local, _, word = address.partition("/")
            self._add_address("v6", address, address, local, int(word or 64))

    def _add_address(
        self, kind: str, text: str, brief: str, local: str, bits: int, peer: str | None = None
    ) -> None:
        log.log(NOTICE, "net_addr_%s_add: %s dev %s", kind, text, self.name)
        words = (self.index, local, bits, peer)
        if self._try(f"address {text}", partial(self._netlink.add_address, *words)):
            undone = f"net_addr_{kind}_del: {brief} dev {self.name}"
            self._undo_addresses.append((undone, partial(self._netlink.remove_address, *words)))

    # -- routes --------------------------------------------------------------------------------

    def surroundings(self, remote: str | None) -> Surroundings:
        """How the kernel reaches the remote and everywhere else, before any route of ours."""
        host = remote.partition("%")[0].removeprefix("::ffff:") if remote else None
        to_remote = None
        if host is not None:
            try:
                to_remote = self._netlink.route_to(host)
            except OSError as problem:
                log.debug("no route to %s: %s", host, problem)
        return Surroundings(
            host,
            to_remote,
            self._netlink.default_route(socket.AF_INET),
            self._netlink.default_route(socket.AF_INET6),
        )

    def add_routes(self, options: TunOptions, around: Surroundings) -> None:
        """All routes of the tunnel; one that fails is reported, the others are still added."""
        entries, problems = routes.plan(options, around)
        for text in problems:
            log.warning("%s", text)
            self.had_errors = True
        for entry in entries:
            if entry.replaces_default and around.default is not None:
                self._remove_default(around.default)
            self._add_route(entry)

    def _add_route(self, entry: Entry) -> None:
        version = "v6" if entry.is_ipv6 else "v4"
        metric = -1 if entry.metric is None else entry.metric
        device = entry.device
        if device is None and (entry.gateway is None or entry.is_ipv6):
            device = self.index
        name = self.name if entry.device is None else socket.if_indextoname(entry.device)
        text = f"{entry} dev {name} table 0 metric {metric}"
        log.info("net_route_%s_add: %s", version, text)
        words = (entry.network, entry.gateway, device, entry.metric)
        add = partial(self._netlink.add_route, *words)
        # A route that was there before is not ours: it is neither changed nor removed.
        if self._try(f"route {entry}", add, may_exist=True):
            undone = f"net_route_{version}_del: {text}"
            self._undo_routes.append((undone, partial(self._netlink.remove_route, *words)))

    def _remove_default(self, default: NextHop) -> None:
        words = ("0.0.0.0/0", default.gateway, default.device, default.metric or None)
        text = f"0.0.0.0/0 via {default.gateway}"
        log.info("net_route_v4_del: %s", text)
        if self._try(f"{text} (removing)", partial(self._netlink.remove_route, *words)):
            undone = f"net_route_v4_add: {text}"
            self._undo_routes.append((undone, partial(self._netlink.add_route, *words)))

    # -- undoing -------------------------------------------------------------------------------

    def remove_routes(self) -> None:
        """Undo the routes; one that is gone already is no error."""
        self._undo_all(self._undo_routes)

    def close(self) -> None:
        """Undo the rest and leave netlink."""
        self._undo_all(self._undo_routes)
        self._undo_all(self._undo_addresses)
        self._netlink.close()

    def _undo_all(self, steps: list[tuple[str, Callable[[], None]]]) -> None:
        while steps:
            text, undo = steps.pop()
            log.log(NOTICE if text.startswith("net_addr") else logging.INFO, "%s", text)
            try:
                undo()
            except OSError as problem:
                if problem.errno not in GONE:
                    log.warning("%s failed: %s", text, explain(problem))

    # -- asking the kernel ---------------------------------------------------------------------

    def _must(self, what: str, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as problem:
            text = f"ERROR: {self.name}: {what}: {explain(problem)}"
            raise SystemFailure(text) from problem

    def _try(self, what: str, action: Callable[[], None], *, may_exist: bool = False) -> bool:
        """Is it done now, by us?"""
        try:
            action()
        except OSError as problem:
            if may_exist and problem.errno == errno.EEXIST:
                log.info("NOTE: Linux route add command failed because route exists")
                return False
            self.had_errors = True
            reason = os.strerror(problem.errno or 0)
            log.warning("ERROR: adding %s failed: %s", what, reason)
            return False
        return True
