"""The scripts around one tunnel, in the order of its life [man: script-hooks].

ipchange        the remote has authenticated itself at its address
up              the tun is open and has its addresses
route-up        its routes are set
route-pre-down  before the routes go
down            the tun is closed (with down-pre: before that)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from vpn.config.options import Options
from vpn.config.script_options import Command
from vpn.errors import SystemFailure
from vpn.events import Address
from vpn.system import scripts
from vpn.system.environment import of_process, of_remote, of_tunnel, up_arguments


class UpDown:
    """The scripts of one set of options, for one device. `tell` hears of `up` and `down` too."""

    def __init__(
        self,
        options: Options,
        remote: Address | None,
        tell: Callable[[str, dict[str, str]], None] | None = None,
        who: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self._tell = tell
        self._who = cache(who)  # the other end, as it was; certificates are described at need
        self._options = options
        self._scripts = options.scripts
        self._remote = remote

    def ipchange(self) -> None:
        """Tell which address turned out to be the remote's."""
        command, remote = self._scripts.ipchange, self._remote
        if command and remote is not None:
            host, _, port = str(remote).rpartition(":")
            known = of_process(self._options) | self._who() | {"script_type": "ipchange"}
            known |= of_remote("untrusted", remote) | of_remote("trusted", remote)
            scripts.run("ipchange", [*command, host, port], known, self._scripts.security)

    def up(self, device: str, context: str = "init") -> None:
        """SystemFailure if it fails: whoever wrote it counts on it."""
        words = up_arguments(self._options.tun, device, context)
        if self._run("up", self._scripts.up, device, context, words) is False:
            raise SystemFailure("ERROR: the --up script failed")
        if self._tell is not None:
            self._tell("UP", self._environment("up", device, context))

    def route_up(self, device: str) -> None:
        """Routes are set."""
        self._run("route-up", self._scripts.route_up, device)

    def route_pre_down(self, device: str) -> None:
        """Routes will go."""
        words = up_arguments(self._options.tun, device, "init")
        self._run("route-pre-down", self._scripts.route_pre_down, device, "init", words)

    def down(self, device: str, context: str = "init") -> None:
        """The tunnel is gone, or will be."""
        words = up_arguments(self._options.tun, device, context)
        self._run("down", self._scripts.down, device, context, words)
        if self._tell is not None:
            self._tell("DOWN", self._environment("down", device, context))

    @property
    def is_down_early(self) -> bool:
        """Does `down` come before the tun is closed?"""
        return self._scripts.down_pre

    @property
    def is_told_of_restarts(self) -> bool:
        """Are `up` and `down` run when a kept tun goes on with a new attempt?"""
        return self._scripts.up_restart

    def _run(
        self,
        name: str,
        command: Command,
        device: str,
        context: str = "init",
        arguments: list[str] | None = None,
    ) -> bool | None:
        """Did it go well? None if there is nothing to run."""
        if not command:
            return None
        environment = self._environment(name, device, context)
        words = [*command, *(arguments or [])]
        return scripts.run(name, words, environment, self._scripts.security) == 0

    def _environment(self, name: str, device: str, context: str) -> dict[str, str]:
        found = of_tunnel(self._options, device, self._remote) | self._who()
        return found | {"script_type": name, "script_context": context}
