"""Addresses, MTU and routes of the tunnel's interface; everything set here is undone here.

The only file of `vpn` that knows pyroute2, and it imports it when the first tunnel comes up:
the import takes a tenth of a second, which the handshake would wait for.
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from vpn.config.options import TunOptions
from vpn.errors import SystemFailure
from vpn.system import routes
from vpn.system.routes import Entry, Gateway, Surroundings
from vpn.trace import NOTICE

log = logging.getLogger("vpn.interface")

T = TypeVar("T")
GONE = frozenset({errno.ENODEV, errno.ESRCH, errno.ENOENT, errno.EADDRNOTAVAIL})
MAIN_TABLE = 254  # RT_TABLE_MAIN


class Interface:
    """The interface called `name`. `close` undoes in reverse what was done."""

    def __init__(self, name: str) -> None:
        from pyroute2 import IPRoute

        self.name = name
        self.had_errors = False
        self._netlink: Any = IPRoute()
        self._undo_routes: list[tuple[str, Callable[[], object]]] = []
        self._undo_addresses: list[tuple[str, Callable[[], object]]] = []
        found = self._netlink.link_lookup(ifname=name)
        if not found:
            self._netlink.close()
            raise SystemFailure(f"ERROR: interface {name} is not there")
        self.index: int = found[0]

    # -- the interface itself ------------------------------------------------------------------

    def configure(self, options: TunOptions) -> None:
        """MTU, MAC address, queue length, up, addresses: in the order of the stock program."""
        changes: dict[str, object] = {"mtu": options.tun_mtu}
        if options.lladdr:
            changes["address"] = options.lladdr
        if options.txqueuelen is not None:
            changes["txqlen"] = options.txqueuelen
        self._must("set MTU", lambda: self._link(**changes))
        log.log(NOTICE, "net_iface_mtu_set: mtu %d for %s", options.tun_mtu, self.name)
        self._must("set up", lambda: self._link(state="up"))
        log.log(NOTICE, "net_iface_up: set %s up", self.name)
        if options.ifconfig:
            self._add_ipv4(options, *options.ifconfig)
        if options.ifconfig_ipv6:
            self._add_ipv6(options.ifconfig_ipv6[0])

    def _link(self, **changes: object) -> None:
        self._netlink.link("set", index=self.index, **changes)

    def _add_ipv4(self, options: TunOptions, local: str, second: str) -> None:
        if routes.has_netmask(options):
            bits = ipaddress.IPv4Network(f"0.0.0.0/{second}").prefixlen
            words, text = {"address": local, "prefixlen": bits}, f"{local}/{bits}"
            kind, undone = "net_addr_v4", local
        else:
            words = {"address": second, "local": local, "prefixlen": 32}
            kind, text, undone = "net_addr_ptp_v4", f"{local} peer {second}", local
        self._add_address(words, f"{kind}_add: {text}", f"{kind}_del: {undone}")

    def _add_ipv6(self, address: str) -> None:
        local, _, bits = address.partition("/")
        words: dict[str, object] = {"address": local, "prefixlen": int(bits or 64)}
        words["family"] = socket.AF_INET6
        text = f"{local}/{bits or 64}"
        self._add_address(words, f"net_addr_v6_add: {text}", f"net_addr_v6_del: {text}")

    def _add_address(self, words: dict[str, Any], done: str, undone: str) -> None:
        log.log(NOTICE, "%s dev %s", done, self.name)
        if self._try(done, lambda: self._netlink.addr("add", index=self.index, **words)):
            self._undo_addresses.append(
                (
                    f"{undone} dev {self.name}",
                    lambda: self._netlink.addr("del", index=self.index, **words),
                )
            )

    # -- routes --------------------------------------------------------------------------------

    def surroundings(self, remote: str | None) -> Surroundings:
        """How the kernel reaches the remote and everywhere else, before any route of ours."""
        host = remote.partition("%")[0].removeprefix("::ffff:") if remote else None
        return Surroundings(
            host,
            self._route_to(host) if host else None,
            self._default_route(socket.AF_INET),
            self._default_route(socket.AF_INET6),
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
        text = f"{entry} dev {self.name} table 0 metric {metric}"
        log.info("net_route_%s_add: %s", version, text)
        words: dict[str, Any] = {"dst": entry.network, "table": MAIN_TABLE}
        if entry.is_ipv6:
            words["family"] = socket.AF_INET6
        if entry.gateway:
            words["gateway"] = entry.gateway
        if entry.device is not None or not entry.gateway or entry.is_ipv6:
            words["oif"] = self.index if entry.device is None else entry.device
        if entry.metric is not None:
            words["priority"] = entry.metric
        # A route that was there before is not ours: it is neither changed nor removed.
        if self._try(f"route {entry}", lambda: self._netlink.route("add", **words), may_exist=True):
            self._undo_routes.append(
                (f"net_route_{version}_del: {text}", lambda: self._netlink.route("del", **words))
            )

    def _remove_default(self, default: Gateway) -> None:
        words = {"dst": "0.0.0.0/0", "gateway": default.address, "oif": default.device}
        words["table"] = MAIN_TABLE
        text = f"0.0.0.0/0 via {default.address}"
        log.info("net_route_v4_del: %s", text)
        if self._try(f"remove {text}", lambda: self._netlink.route("del", **words)):
            self._undo_routes.append(
                (f"net_route_v4_add: {text}", lambda: self._netlink.route("add", **words))
            )

    def _route_to(self, host: str) -> Gateway | None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            found = list(self._netlink.route("get", dst=host, family=family))
        except Exception as problem:
            log.debug("no route to %s: %s", host, problem)
            return None
        return _gateway_of(found[0]) if found else None

    def _default_route(self, family: int) -> Gateway | None:
        """The default route with the smallest metric."""
        found = [
            route
            for route in self._netlink.get_routes(family=family, table=MAIN_TABLE)
            if route["dst_len"] == 0 and route.get_attr("RTA_OIF") is not None
        ]
        if not found:
            return None
        return _gateway_of(min(found, key=lambda route: route.get_attr("RTA_PRIORITY") or 0))

    # -- undoing -------------------------------------------------------------------------------

    def remove_routes(self) -> None:
        """Undo the routes; one that is gone already is no error."""
        self._undo_all(self._undo_routes)

    def close(self) -> None:
        """Undo the rest and leave netlink."""
        self._undo_all(self._undo_routes)
        self._undo_all(self._undo_addresses)
        self._netlink.close()

    def _undo_all(self, steps: list[tuple[str, Callable[[], object]]]) -> None:
        while steps:
            text, undo = steps.pop()
            log.info("%s", text)
            try:
                undo()
            except Exception as problem:
                if _code(problem) not in GONE:
                    log.warning("%s failed: %s", text, _reason(problem))

    # -- asking the kernel ---------------------------------------------------------------------

    def _must(self, what: str, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as problem:
            raise SystemFailure(f"ERROR: {self.name}: {what}: {_reason(problem)}") from problem

    def _try(self, what: str, action: Callable[[], object], *, may_exist: bool = False) -> bool:
        """Is it done now, by us?"""
        try:
            action()
        except Exception as problem:
            if may_exist and _code(problem) == errno.EEXIST:
                log.info("NOTE: Linux route add command failed because route exists")
                return False
            self.had_errors = True
            log.warning("ERROR: %s failed: %s", what, _reason(problem))
            return False
        return True


def _gateway_of(route: Any) -> Gateway:
    return Gateway(route.get_attr("RTA_GATEWAY"), route.get_attr("RTA_OIF"))


def _code(problem: Exception) -> int:
    """The errno of a NetlinkError or an OSError."""
    return int(getattr(problem, "code", 0) or getattr(problem, "errno", 0) or 0)


def _reason(problem: Exception) -> str:
    code = _code(problem)
    return f"{os.strerror(code)} (errno={code})" if code else str(problem)
