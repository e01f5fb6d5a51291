"""No directive is taken in silence: what a field holds is read somewhere, or a warning says so."""

from __future__ import annotations

import logging
import re
from dataclasses import fields
from pathlib import Path

import pytest

import vpn
from tests.unit.vpn.config.configs import client
from vpn.config.options import GROUPS, table
from vpn.config.parse import merge
from vpn.config.unsupported import NO_EFFECT_YET

PACKAGE = Path(vpn.__file__).parent
READ_BY_CONFIG = {  # what config itself turns into other options, or into warnings
    *("proto_force", "rport", "is_client", "bridge", "pull_filters", "route_nopull"),
    "ifconfig_nowarn",  # there is nothing that it could silence
    "allows_static_key",
    "allow_compression",  # says which framings a server may push
    *("environment", "echo"),  # pushed: for scripts and front ends
}  # fmt: skip


def unread() -> set[str]:
    """The directives whose field nothing outside config reads."""
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if "config" not in path.relative_to(PACKAGE).parts
    )
    read = {
        field.name
        for group in GROUPS.values()
        for field in fields(group)
        if re.search(rf"\.{field.name}\b", text)
    }
    return {
        name
        for name, specs in table().items()
        for spec in specs
        if spec.attribute not in read | READ_BY_CONFIG
    }


def test_a_directive_that_nothing_reads_is_warned_about():
    assert unread() <= NO_EFFECT_YET.keys(), "add a row to NO_EFFECT_YET, or read the field"


def test_a_directive_that_works_is_not_warned_about():
    assert NO_EFFECT_YET.keys() - {"setenv"} <= unread(), "it is read now: remove its row"


@pytest.mark.parametrize("line", ["block-ipv6"])
def test_the_warning_names_the_place_and_the_loss(line):
    name = line.split()[0]
    expected = f"WARNING: test.conf:7: {name}: has no effect yet: {NO_EFFECT_YET[name]}"
    assert expected in client(line).warnings


def test_a_push_without_effect_is_warned_about(caplog):
    with caplog.at_level(logging.WARNING):
        merge(client(), ["block-ipv6"])
    assert caplog.messages[0] == (
        "WARNING: pushed block-ipv6 has no effect yet: IPv6 traffic is NOT blocked"
    )
