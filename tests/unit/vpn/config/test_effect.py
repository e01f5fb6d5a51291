"""No directive is taken in silence: what a field holds is read somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import vpn
from vpn.config.options import GROUPS, table

PACKAGE = Path(vpn.__file__).parent
READ_BY_CONFIG = {  # what config itself turns into other options, or into warnings
    "compat_mode",
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


def test_every_field_is_read():
    assert unread() == set()
