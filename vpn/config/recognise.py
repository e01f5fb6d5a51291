"""Is every directive known, and may it be used? What has no field gets its verdict here."""

from __future__ import annotations

from collections.abc import Iterable

from vpn.config.field import CONFIG, Scope
from vpn.config.lexer import Directive
from vpn.config.options import spec_for, table
from vpn.config.unsupported import PER_CLIENT, VERDICTS, State
from vpn.errors import ConfigError

BLOCKS = frozenset((
    *("ca", "cert", "key", "dh", "extra-certs", "crl-verify", "tls-auth", "tls-crypt"),
    *("tls-crypt-v2", "pkcs12", "peer-fingerprint", "verify-hash"),
    *("secret", "auth-user-pass", "connection", "http-proxy-user-pass", "auth-gen-token-secret"),
))  # fmt: skip
PUSH_ONLY = "is only pushed by a server, never configured"


def recognise(directives: Iterable[Directive]) -> tuple[list[Directive], list[str]]:
    """What goes on to be expanded, and the warnings about what doesn't."""
    written = list(directives)
    tolerated = {
        name for one in written if one.name == "ignore-unknown-option" for name in one.args
    }
    is_lenient = any(
        one.name == "setenv" and one.args == ("FORWARD_COMPATIBLE", "1") for one in written
    )
    known: list[Directive] = []
    warnings: list[str] = []
    for directive in written:
        inner = _optional(directive)
        may_be_unknown = inner is not None or is_lenient or directive.name in tolerated
        one = inner or directive
        problem = _problem(one)
        if one.name in VERDICTS and VERDICTS[one.name].state is State.REPLACED:
            warnings.append(f"WARNING: {one}: {VERDICTS[one.name].reason}")
        if problem is None:
            known.append(one)
        elif isinstance(problem, str):
            warnings.append(f"WARNING: {one}: {problem}")
        elif may_be_unknown and one.name not in table():
            warnings.append(f"WARNING: {problem} (left out, as the configuration allows)")
        else:
            raise problem
    return known, warnings


def _optional(directive: Directive) -> Directive | None:
    """`setenv opt NAME ...` is NAME, if it is known."""
    if directive.name != "setenv" or directive.args[:1] != ("opt",):
        return None
    if len(directive.args) < 2:
        raise directive.error("opt needs a directive: setenv opt NAME [ARGUMENT] ...")
    return directive.derive(*directive.args[1:])


def _problem(directive: Directive) -> ConfigError | str | None:
    """None: use it. A text: leave it out with this warning. An error: it can't be used."""
    name = directive.name
    if directive.inline and name not in BLOCKS and (name in table() or name in VERDICTS):
        verdict = VERDICTS.get(name)
        if verdict is None or verdict.state not in (State.NOT_YET, State.REFUSED):
            return directive.error("can't be given as a block")
    if spec_for(name, CONFIG) is not None:
        return None
    verdict = VERDICTS.get(name)
    if verdict is None:
        return directive.error(_elsewhere(name) if name in table() else _unknown(name))
    if verdict.state in (State.HELPER, State.REPLACED, State.QUIET):
        return None
    if verdict.state is State.WARNING:
        return verdict.reason
    return directive.error(verdict.reason)


def _elsewhere(name: str) -> str:
    return PER_CLIENT if spec_for(name, Scope.CLIENT) else PUSH_ONLY


def _unknown(name: str) -> str:
    from difflib import get_close_matches  # 5 ms that only a mistake costs

    if not name:
        return "a directive's name is missing"
    close = get_close_matches(name, [*table(), *VERDICTS], n=1)
    return f'unknown directive (did you mean "{close[0]}"?)' if close else "unknown directive"
