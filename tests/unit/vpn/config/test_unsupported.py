"""Every name that the reference knows is recognised; docs/directives.tsv lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.vpn.config.configs import CLIENT, configured
from vpn.config import recognise
from vpn.config.field import CONFIG
from vpn.config.lexer import Directive
from vpn.config.options import spec_for, table
from vpn.config.unsupported import PUSHED, VERDICTS, State
from vpn.errors import ConfigError

LIST = Path(__file__).parents[4] / "docs" / "directives.tsv"
NAMES = [line.split("\t")[0] for line in LIST.read_text(encoding="ascii").splitlines()]
OURS = {"trace-log", "key-log"}
GONE = {  # names that the reference has dropped, but that are still met in files
    *("key-method", "keysize", "ncp-disable", "no-iv", "tls-remote", "ifconfig-pool-linear"),
    "memstats",
}  # fmt: skip
IN_BOTH = {"echo", "setenv-safe"}  # pushed: a field; configured: not


def test_the_list_is_complete():
    assert len(NAMES) == len(set(NAMES)) == 315


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_a_field_or_a_verdict(name):
    assert name in table() or name in VERDICTS


def test_nothing_else_is_known():
    assert set(table()) | set(VERDICTS) == set(NAMES) | OURS | GONE


def test_no_name_has_both():
    assert set(table()) & set(VERDICTS) == IN_BOTH


def test_what_may_be_pushed_without_effect_has_a_reason():
    assert set(VERDICTS) >= PUSHED


@pytest.mark.parametrize("name", sorted(set(NAMES) | GONE))
def test_each_name_is_taken_or_refused_with_its_place(name):
    directive = Directive(name, ("x",), "a.ovpn", 7)
    place = f"a.ovpn:7: {name}: "
    known, said = outcome(directive)
    if said:
        assert place in said
        assert "unknown" not in said
    else:
        assert known == [directive]


def outcome(directive: Directive) -> tuple[list[Directive], str]:
    """What is taken, and what is said about the rest."""
    try:
        known, warnings = recognise.recognise([directive])
    except ConfigError as problem:
        return [], str(problem)
    return known, "".join(warnings)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if VERDICTS.get(name, ("",))[0] is State.WARNING]
)
def test_a_directive_without_effect_does_not_stop_a_client(name):
    options = configured(f"{CLIENT}{name} server\n")
    assert any(f"test.conf:7: {name}: " in text for text in options.warnings)


BOUNDED = {
    name: spec.most for name in NAMES if (spec := spec_for(name, CONFIG)) and spec.most is not None
}


@pytest.mark.parametrize("name", BOUNDED)
def test_a_supported_directive_with_too_many_words_names_its_place(name):
    words = " ".join("x" * (BOUNDED[name] + 1))
    with pytest.raises(ConfigError, match=r"^test\.conf:1: [a-z0-9-]+: "):
        configured(f"{name} {words}\n")


def test_protection_is_never_dropped_without_a_word():
    protective = [
        "crl-verify",
        "tls-verify",
        "remote-cert-ku",
        "remote-cert-eku",
        "verify-hash",
        "peer-fingerprint",
        "capath",
        "auth-user-pass-verify",
        "client-connect",
        "ccd-exclusive",
        "client-config-dir",
        "tls-crypt-v2",
        "tls-crypt-v2-verify",
        "secret",
        "plugin",
        "replay-persist",
        "connect-freq",
        "disable",
        "setcon",
    ]
    for name in protective:
        state = VERDICTS[name].state if name in VERDICTS else None
        assert name in table() or state in (State.NOT_YET, State.REFUSED)
