"""Directives to `Options`, and what a server pushes into `Options`. Pure: files are already read.

recognise   each directive has a field, a verdict, or is an error
expand      helpers to plain directives
take        each plain directive into its field
complete    defaults that depend on other directives
check       what can't work together, as the stock program finds it at its start
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from vpn.config.check import check
from vpn.config.complete import complete, complete_pushed
from vpn.config.expand import IDLE_IN_BLOCK, expand, expand_block
from vpn.config.field import CONFIG, Scope, Spec
from vpn.config.lexer import Directive, lex_block, split
from vpn.config.options import Options, spec_for, table
from vpn.config.recognise import recognise
from vpn.config.unsupported import PUSHED, VERDICTS, State
from vpn.config.values import PullFilter, Secret
from vpn.errors import ConfigError

log = logging.getLogger("vpn.config")

PUSH_SOURCE = "[PUSH-OPTIONS]"
REFUSED_BY_ROUTE_NOPULL = frozenset((
    *("route", "route-ipv6", "route-metric", "route-delay", "redirect-gateway", "redirect-private"),
    *("block-ipv6", "dhcp-option", "dns", "block-outside-dns", "register-dns"),
))  # fmt: skip
BLOCK = "connection"
WRAPS = frozenset(("tls-auth", "tls-crypt", "tls-crypt-v2"))
FOR_ALL_BLOCKS = WRAPS | {"key-direction", "http-proxy-user-pass"}  # wherever they stand
DECISIVE = frozenset(("cipher", "peer-id", "protocol-flags", "key-derivation", "auth-token"))
"""Pushed directives without which the tunnel can't work: an error in one ends the attempt."""


def parse(directives: Iterable[Directive]) -> Options:
    """A configuration as typed options; ConfigError names what can't be taken, and where."""
    known, warnings = recognise(directives)
    warnings += [*_too_late(known), *_idle(known)]
    plain = expand(known)
    collected = Collected()
    collected.take_all(plain, CONFIG)
    written = collected.into(Options(warnings=tuple(warnings)))
    blocks = [_block(one, _counting(plain, one)) for one in plain if one.name == BLOCK]
    options = complete(written, plain)
    if blocks:  # a remote that stands outside of all blocks does not count, as in the stock program
        found = tuple(one for block in blocks for one in block.link.connections)
        options = replace(options, link=replace(options.link, connections=found))
    return check(options, plain)


def _too_late(known: list[Directive]) -> Iterator[str]:
    """What stands behind a `<connection>` block that it does not count for: as warnings."""
    names = [one.name for one in known]
    behind = known[names.index(BLOCK) :] if BLOCK in names else []
    for one in behind:
        if one.name != "remote" and (one.name == "port" or _is_per_block(one)):
            place = f"{one.source}:{one.line}" if one.line else one.source
            yield f"Option '{one.name}' in {place} is ignored by previous <connection> blocks"


def _idle(known: list[Directive]) -> Iterator[str]:
    """What stands in a `<connection>` block and has no effect here: as warnings."""
    for block in known:
        if block.name == BLOCK and block.content is not None:
            for one in block.inner or lex_block(block):
                if one.name in IDLE_IN_BLOCK:
                    yield f"WARNING: {one}: {VERDICTS[one.name].reason}"


def _counting(plain: list[Directive], block: Directive) -> list[Directive]:
    """The directives around a `<connection>` block that hold for it."""
    at = next(number for number, one in enumerate(plain) if one is block)
    return plain[:at] + [one for one in plain[at:] if not _is_per_block(one)]


def _is_per_block(directive: Directive) -> bool:
    """Does a block take this from what stands before it, not from the whole configuration?"""
    is_allowed = spec_for(directive.name, Scope.CONNECTION) is not None
    return is_allowed and directive.name not in FOR_ALL_BLOCKS


def _block(directive: Directive, counting: list[Directive]) -> Options:
    """The options of a `<connection>` block: its own over those that hold for it."""
    outer, collected = Collected(), Collected()
    outer.take_all(counting, CONFIG)
    common = outer.into(Options())
    inner = expand_block(directive)
    if any(one.name in WRAPS for one in inner):
        tls = replace(common.tls, tls_auth=None, tls_crypt=None, tls_crypt_v2=None)
        common = replace(common, tls=replace(tls, key_direction=None))
    else:  # a direction alone does not count, as in the stock program
        inner = [one for one in inner if one.name != "key-direction"]
    collected.take_all(inner, Scope.CONNECTION)
    link = replace(common.link, remotes=())
    options = complete(collected.into(replace(common, link=link)), [*counting, *inner])
    ways = tuple(one._replace(options=options) for one in options.link.connections)
    return replace(options, link=replace(options.link, connections=ways))


class Collected:
    """The values that directives gave so far, by group and field."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Any]] = {}

    def take(self, directive: Directive, spec: Spec) -> None:
        """One directive into its field; ConfigError if its arguments don't fit."""
        group = self._groups.setdefault(spec.group, {})
        value = value_of(directive, spec)
        if spec.many:
            group[spec.attribute] = (*group.get(spec.attribute, ()), value)
        elif spec.also:
            group[spec.attribute], group[spec.also] = value
        else:
            group[spec.attribute] = value

    def take_all(self, directives: Iterable[Directive], scope: Scope) -> None:
        """Those that have a field in this scope."""
        for directive in directives:
            spec = spec_for(directive.name, scope)
            if spec is not None:
                self.take(directive, spec)

    def into(self, options: Options) -> Options:
        """The options with these values; what may stand several times is added at the end."""
        changed: dict[str, Any] = {}
        for name, values in self._groups.items():
            group = getattr(options, name)
            lists = list_fields()
            merged = {
                field: (*getattr(group, field), *value) if field in lists else value
                for field, value in values.items()
            }
            changed[name] = replace(group, **merged)
        return replace(options, **changed)


@cache
def list_fields() -> frozenset[str]:
    """The fields whose directives may stand several times."""
    return frozenset(spec.attribute for specs in table().values() for spec in specs if spec.many)


def value_of(directive: Directive, spec: Spec) -> Any:
    """The typed value that a directive's arguments stand for."""
    if spec.contents and spec.also:
        return _contents_and_word(directive, spec)
    if spec.contents:
        return _contents(directive, spec)
    if directive.content is not None:
        raise directive.error("can't be given as a block")
    count = len(directive.args)
    if count < spec.fewest or (spec.most is not None and count > spec.most):
        raise directive.error(_wants(spec, count))
    try:
        return spec.parse(directive.args)
    except ValueError as problem:
        raise directive.error(str(problem)) from None


def _wants(spec: Spec, count: int) -> str:
    if spec.most == 0:
        return f"takes no arguments, not {count}"
    return f"takes {spec.usage}, not {count} argument{'' if count == 1 else 's'}"


def _contents_and_word(directive: Directive, spec: Spec) -> tuple[bytes | None, Any]:
    """A file, and what its name and the word after it mean."""
    contents = _contents(directive, spec)
    try:
        return contents, spec.parse(directive.args)
    except ValueError as problem:
        raise directive.error(str(problem)) from None


def _contents(directive: Directive, spec: Spec) -> bytes | None:
    if directive.content is None:
        if directive.args == ("none",) and "none" in spec.usage:
            return None
        if 1 <= len(directive.args) <= max(spec.most or 1, 1):
            raise directive.error(f'"{directive.args[0]}" was not read')
        raise directive.error(_wants(spec, len(directive.args)))
    if len(directive.args) > max(spec.most or 1, 1):
        raise directive.error(_wants(spec, len(directive.args)))
    if spec.fewest and not directive.content.strip() and directive.args[1:] != ("dir",):
        raise directive.error("is empty")
    return Secret(directive.content) if spec.private else directive.content


def merge(options: Options, pushed: Iterable[str]) -> Options:
    """The options with what a server pushed. What can't be taken is logged and left out.

    ConfigError: a pull-filter rejects the push, or something that decides about the protocol is
    wrong, so the attempt has to end.
    """
    collected = Collected()
    taken: dict[str, None] = {}  # in the order of their last appearance
    for text in pushed:
        directive = _pushed_directive(options, text.strip())
        if directive is None:
            continue
        spec = spec_for(directive.name, Scope.PUSH)
        if spec is None:
            continue
        try:
            collected.take(directive, spec)
            taken.pop(directive.name, None)
            taken[directive.name] = None
        except ConfigError as problem:
            if directive.name in DECISIVE:
                raise
            log.warning("Options error: %s", problem)
    return complete_pushed(options, collected.into(options), list(taken))


def _pushed_directive(options: Options, text: str) -> Directive | None:
    """One pushed directive; None if it is filtered out, has no effect here or can't be read."""
    try:
        words = split(text)
    except ValueError as problem:
        log.warning("Options error: %s: %s", PUSH_SOURCE, problem)
        return None
    if not words or not _passes(options.client.pull_filters, text):
        return None
    directive = Directive(words[0], tuple(words[1:]), PUSH_SOURCE)
    if options.client.route_nopull and directive.name in REFUSED_BY_ROUTE_NOPULL:
        log.info("route-nopull: pushed '%s' is left out", text)
        return None
    if spec_for(directive.name, Scope.PUSH) is not None:
        return directive
    if directive.name in PUSHED:
        verdict = VERDICTS[directive.name]
        if verdict.state is not State.QUIET:
            log.warning("WARNING: pushed %s has no effect: %s", directive.name, verdict.reason)
        return None
    log.warning(
        "Options error: option '%s' cannot be used in this context (%s)", words[0], PUSH_SOURCE
    )
    return None


def _passes(filters: tuple[PullFilter, ...], text: str) -> bool:
    """The first filter that fits decides [man: --pull-filter]."""
    for one in filters:
        if text.startswith(one.text):
            if one.action == "reject":
                raise ConfigError(f'pull-filter rejects "{text}"', source=PUSH_SOURCE)
            if one.action == "ignore":
                log.info("Pushed option removed by filter: '%s'", text)
            return one.action == "accept"
    return True
