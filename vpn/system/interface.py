"""Addresses, MTU and routes of the tunnel's interface; everything set here is undone here."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from vpn.config.options import TunOptions
from vpn.errors import SystemFailure
from vpn.system import gso, routes
from vpn.system.link import explain
from vpn.system.netlink import ADD, REMOVE, Netlink
from vpn.system.routes import Entry, NextHop, Surroundings
from vpn.trace import NOTICE

log = logging.getLogger("vpn.interface")

RTN_UNICAST = 1  # rtnetlink(7): an ordinary route
GONE = frozenset({errno.ENODEV, errno.ESRCH, errno.ENOENT, errno.EADDRNOTAVAIL})

# A request to the kernel, ready to be made; an OSError is its no.
Request = Callable[[], object]


class Interface:
    """The interface called `name`. `close` undoes in reverse what was done.

    kernel: a socket to rtnetlink, closed by its owner.
    """

    def __init__(self, kernel: Netlink, name: str) -> None:
        self.name = name
        self.had_errors = False
        self._kernel = kernel
        self._undo_routes: list[tuple[str, Request]] = []
        self._undo_addresses: list[tuple[str, Request]] = []
        try:
            self.index = socket.if_nametoindex(name)
        except OSError as problem:
            raise SystemFailure(f"ERROR: interface {name}: {explain(problem)}") from problem

    # -- the interface itself ------------------------------------------------------------------

    def configure(self, options: TunOptions) -> None:
        """What is asked for, in the order of the stock program.

        Without an address the interface stays down and its MTU as it is: a tap without one is
        somebody's bridge port, and theirs to set up.
        """
        change = partial(self._kernel.set_link, self.index)
        if options.lladdr is not None:
            self._must("set MAC address", partial(change, address=options.lladdr))
        if options.txqueuelen is not None:
            self._must("set queue length", partial(change, txqlen=options.txqueuelen))
        if options.ifconfig is None and options.ifconfig_ipv6 is None:
            return
        mtu = options.tun_mtu
        # A super-packet leaves as one train; without this it may be a train and a bit.
        if problem := _refusal(partial(change, gso_max_segs=gso.segments(mtu))):
            log.debug("gso_max_segs of %s stays as it is: %s", self.name, explain(problem))
        self._must(f"set up with MTU {mtu}", partial(change, mtu=mtu, is_up=True))
        log.log(NOTICE, "net_iface_mtu_set: mtu %d for %s", mtu, self.name)
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
        if self._try(f"address {text}", partial(self._kernel.address, ADD, *words)):
            undone = f"net_addr_{kind}_del: {brief} dev {self.name}"
            self._undo_addresses.append((undone, partial(self._kernel.address, REMOVE, *words)))

    # -- routes --------------------------------------------------------------------------------

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
        add = partial(self._kernel.route, ADD, *words)
        # A route that was there before is not ours: it is neither changed nor removed.
        if self._try(f"route {entry}", add, may_exist=True):
            undone = f"net_route_{version}_del: {text}"
            self._undo_routes.append((undone, partial(self._kernel.route, REMOVE, *words)))

    def _remove_default(self, default: NextHop) -> None:
        words = ("0.0.0.0/0", default.gateway, default.device, default.metric or None)
        text = f"0.0.0.0/0 via {default.gateway}"
        log.info("net_route_v4_del: %s", text)
        if self._try(f"{text} (removing)", partial(self._kernel.route, REMOVE, *words)):
            undone = f"net_route_v4_add: {text}"
            self._undo_routes.append((undone, partial(self._kernel.route, ADD, *words)))

    # -- undoing -------------------------------------------------------------------------------

    def remove_routes(self) -> None:
        """Undo the routes; one that is gone already is no error."""
        self._undo_all(self._undo_routes)

    def close(self) -> None:
        """Undo everything."""
        self._undo_all(self._undo_routes)
        self._undo_all(self._undo_addresses)

    def _undo_all(self, steps: list[tuple[str, Request]]) -> None:
        while steps:
            text, undo = steps.pop()
            log.log(NOTICE if text.startswith("net_addr") else logging.INFO, "%s", text)
            if (problem := _refusal(undo)) and problem.errno not in GONE:
                log.warning("%s failed: %s", text, explain(problem))

    # -- asking the kernel ---------------------------------------------------------------------

    def _must(self, what: str, request: Request) -> None:
        if problem := _refusal(request):
            raise SystemFailure(f"ERROR: {self.name}: {what}: {explain(problem)}")

    def _try(self, what: str, request: Request, *, may_exist: bool = False) -> bool:
        """Is it done now, by us?"""
        problem = _refusal(request)
        if problem is None:
            return True
        if may_exist and problem.errno == errno.EEXIST:
            log.info("NOTE: Linux route add command failed because route exists")
            return False
        self.had_errors = True
        log.warning("ERROR: adding %s failed: %s", what, problem.strerror)
        return False


def surroundings(remote: str | None) -> Surroundings:
    """How the kernel reaches the remote and everywhere else, before any route of ours."""
    with IPRoute() as kernel:
        return _surroundings(kernel, remote)


def default_hardware_address() -> str:
    """That of the link which the IPv4 default route leaves by; empty if there is none."""
    with IPRoute() as kernel:
        hop = _default_route(kernel, socket.AF_INET)
        found = kernel.get_links(hop.device) if hop is not None else ()
        return str(found[0].get("address") or "") if found else ""


def _surroundings(kernel: IPRoute, remote: str | None) -> Surroundings:
    host = remote.partition("%")[0].removeprefix("::ffff:") if remote else None
    to_remote = None
    if host is not None:
        try:
            to_remote = _next_hop(kernel.route("get", dst=host)[0])
        except NetlinkError as problem:
            log.debug("no route to %s: %s", host, problem)
    return Surroundings(
        host,
        to_remote,
        _default_route(kernel, socket.AF_INET),
        _default_route(kernel, socket.AF_INET6),
    )


def _default_route(kernel: IPRoute, family: int) -> NextHop | None:
    """The default route with the smallest metric."""
    hops = [
        _next_hop(found)
        for found in kernel.get_default_routes(family)
        if found["type"] == RTN_UNICAST and found.get("oif")
    ]
    return min(hops, key=lambda hop: hop.metric, default=None)


def _next_hop(found: Any) -> NextHop:
    return NextHop(found.get("gateway"), found.get("oif", 0), found.get("priority", 0))


def _refusal(request: Request) -> OSError | None:
    """Make the request; what the kernel has against it."""
    try:
        request()
    except OSError as problem:
        return problem
    return None
