"""The tun with its addresses and routes: opened together, kept together, closed together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from vpn.config.dns import name_servers
from vpn.config.options import DevType, TunOptions
from vpn.system import routes
from vpn.system.interface import Interface, surroundings
from vpn.system.name_servers import SystemResolver
from vpn.system.netlink import Netlink
from vpn.system.routes import Surroundings
from vpn.system.tun import Tun
from vpn.system.up_down import UpDown
from vpn.trace import NOTICE

log = logging.getLogger("vpn.tun")


class Device:
    """The inner side. With persist-tun it outlives an attempt."""

    def __init__(self) -> None:
        self.tun: Tun | None = None
        self._kernel: Netlink | None = None
        self._interface: Interface | None = None
        self._resolver = SystemResolver()
        self._scripts: UpDown | None = None  # those to be told of the end
        self._configured: tuple[TunOptions, str | None] | None = None
        self._rest: Callable[[], None] | None = None  # what `finish` has to do

    def get_ready(self) -> None:
        """Open the way to the kernel ahead of time: what is open does not hold up the tunnel."""
        if self._kernel is None:
            self._kernel = Netlink()

    def open(
        self,
        options: TunOptions,
        remote: str | None,
        scripts: UpDown | None = None,
        *,
        is_delayed: bool = False,
    ) -> bool:
        """Open and configure, unless it is open with just these settings. True: all went well.

        remote: the address that must stay reachable outside the tunnel.
        is_delayed: routes and name servers wait for `finish`.
        """
        wanted = (options, remote if options.redirect_gateway is not None else None)
        if self._configured == wanted:
            log.log(NOTICE, "Preserving previous TUN/TAP instance: %s", self.name)
            if scripts is not None and scripts.is_told_of_restarts:
                scripts.up(self.name, "restart")
            return self.finish()
        if self._configured is not None:
            log.log(
                NOTICE,
                "NOTE: Pulled options changed on restart, will need to close and reopen TUN/TAP "
                "device.",
            )
        self._undo()
        self._configured = wanted
        if options.dev_type is DevType.NULL:
            return True
        try:
            self.tun = Tun.open(options)
            self._configure(options, remote, scripts)
        except BaseException:
            self.close()
            raise
        return True if is_delayed else self.finish()

    def finish(self) -> bool:
        """Routes and name servers, if they are not set yet. True: all went well."""
        rest, self._rest = self._rest, None
        if rest is not None:
            rest()
        return self._interface is None or not self._interface.had_errors

    @property
    def name(self) -> str:
        """What the kernel called it; `null` if there is none."""
        return self.tun.name if self.tun else "null"

    def pause(self) -> None:
        """An attempt is over; the tun may be kept for the next."""
        if self.tun is not None and self._scripts is not None and self._scripts.is_told_of_restarts:
            self._scripts.down(self.name, "restart")

    def close(self) -> None:
        """Undo everything and leave the kernel alone."""
        self._undo()
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            kernel.close()

    def _undo(self) -> None:
        """Take back what was set, then let the kernel have the interface."""
        interface, self._interface = self._interface, None
        scripts, self._scripts = self._scripts, None
        name = self.name
        self._configured = self._rest = None
        self._resolver.take_back()
        if scripts is not None:
            scripts.route_pre_down(name)
        if interface is not None:
            interface.remove_routes()
        if scripts is not None and scripts.is_down_early:
            scripts.down(name)
        self._close_tun(interface)
        if scripts is not None and not scripts.is_down_early:
            scripts.down(name)

    def _close_tun(self, interface: Interface | None) -> None:
        tun, self.tun = self.tun, None
        if tun is not None:
            log.log(NOTICE, "Closing TUN/TAP interface")
        if interface is not None:
            interface.close()
        if tun is not None:
            tun.close()

    def _configure(self, options: TunOptions, remote: str | None, scripts: UpDown | None) -> None:
        assert self.tun is not None
        self.get_ready()
        kernel, name = self._kernel, self.tun.name
        assert kernel is not None
        around = surroundings(remote) if routes.look_around(options) else Surroundings()
        interface = self._interface = Interface(kernel, name)
        if not options.ifconfig_noexec:
            interface.configure(options)
        if scripts is not None:
            scripts.up(name)
            self._scripts = scripts
        self._rest = partial(self._add_routes, options, interface, around)

    def _add_routes(self, options: TunOptions, interface: Interface, around: Surroundings) -> None:
        if not options.route_noexec:
            interface.add_routes(options, around)
        if self._scripts is not None:
            self._scripts.route_up(interface.name)
        if options.dns_updown != "disable":
            names = name_servers(options.dns, options.dhcp_options)
            self._resolver.tell(names, interface.name)
