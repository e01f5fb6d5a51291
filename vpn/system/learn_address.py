"""Asks a script whether a client may have an address [man: --learn-address]."""

from __future__ import annotations

from vpn.config.options import Options
from vpn.hooks import Environment
from vpn.system import scripts
from vpn.system.environment import of_tunnel


class LearnAddress:
    """The server's hook: the script is run and waited for each time."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._command = options.access.learn_address

    def learn_address(
        self, operation: str, address: str, common_name: str, environment: Environment
    ) -> bool:
        """`add` and `update` may be refused, by an exit code other than 0."""
        if not self._command:
            return True
        options = self._options
        known = of_tunnel(options, options.tun.dev, None) | {"script_type": "learn-address"}
        words = [*self._command, operation, address]
        if operation != "delete":
            known |= environment()
            words.append(common_name)
        return scripts.run("learn-address", words, known, options.scripts.security) == 0
