"""A client's own directives over the server's options: from its file, a script or the manager.

They count in their order: `push-reset` empties what was pushed so far, `push-remove` takes out what
begins with its letters. What can't be taken is logged and left out, as the stock program does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from vpn.config.field import Scope
from vpn.config.lexer import Directive, lex
from vpn.config.options import Options, spec_for
from vpn.config.parse import Collected
from vpn.errors import ConfigError

log = logging.getLogger("vpn.config")

ADDRESSES = (("ifconfig",), ("ifconfig-ipv6",))
PUSH_LIST = ("push", "push-reset", "push-remove")


def merge_client(options: Options, lines: Iterable[str], source: str = "client") -> Options:
    """The server's options as they are for one client."""
    collected = Collected()
    push = list(options.server.push)
    kept_back: set[str] = set()  # addresses are no part of the list
    for line in lines:
        try:
            for directive in lex(line + "\n", source):
                if directive.name == "push-remove" and directive.args[:1] in ADDRESSES:
                    kept_back.add(directive.args[0])
                elif directive.name in PUSH_LIST:
                    push = _pushed(push, directive)
                else:
                    _take(collected, directive)
        except ConfigError as problem:
            log.warning("Options error: %s", problem)
    merged = collected.into(options)
    return replace(
        merged,
        server=replace(merged.server, push=tuple(push)),
        per_client=replace(merged.per_client, kept_back=frozenset(kept_back)),
    )


def _take(collected: Collected, directive: Directive) -> None:
    spec = spec_for(directive.name, Scope.CLIENT)
    if spec is None:
        raise directive.error("cannot be used in this context")
    collected.take(directive, spec)


def _pushed(push: list[str], directive: Directive) -> list[str]:
    """The list of what is pushed, after one directive about it."""
    if directive.name == "push-reset":
        return []
    if len(directive.args) != 1:
        raise directive.error("takes one argument, in quotes")
    text = directive.args[0]
    if directive.name == "push":
        return [*push, text]
    return [option for option in push if not option.startswith(text)]
