#!/usr/bin/env python3
"""Print docs/config.md: each directive that the stock program knows, and what it does here.

    python scripts/config_reference.py >docs/config.md          (`make docs` does this)

docs/directives.tsv says how common each one is and where it belongs; the rest is read from the
options table itself.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from vpn.config.field import Scope  # noqa: E402
from vpn.config.options import table  # noqa: E402
from vpn.config.unsupported import PER_CLIENT, PUSHED, VERDICTS, State  # noqa: E402

USES = ("essential", "common", "rare", "obsolete")
ELSEWHERE = ("Windows only", "PKCS11 and platform key stores")  # what this program is not for
WITHOUT_PLAN = {"plugin", "setcon"}
SUPPORTED = "supported"

HEAD = """\
# Directives

Every directive of OpenVPN 2.7 by its area, and what it does here; also on the command line, with
`--` in front. What is not supported is never passed over in silence: it is refused with its place,
or taken with a warning that says what is lost. `man openvpn` explains each one.

*Pushed*: a client takes it from its server. *Per remote*: it may stand in a `<connection>` block.

<!-- Written by scripts/config_reference.py from the options table: `make docs`. -->
"""


class Directive(NamedTuple):
    """A row of docs/directives.tsv."""

    name: str
    use: str
    area: str

    @property
    def is_supported(self) -> bool:
        """Does it do here what it does in the stock program, as far as it can?"""
        return state(self.name).startswith((SUPPORTED, "accepted", "a command"))

    @property
    def counts(self) -> bool:
        """Is it for this program at all?"""
        return self.area not in ELSEWHERE and self.name not in WITHOUT_PLAN and not self.is_foreign

    @property
    def is_foreign(self) -> bool:
        """Does the stock program, too, pass it over on Linux?"""
        return self.name in VERDICTS and VERDICTS[self.name].reason.startswith("Windows only")


def directives() -> list[Directive]:
    """All of them, in the order of the list."""
    text = (ROOT / "docs" / "directives.tsv").read_text(encoding="ascii")
    return [Directive(*line.split("\t")) for line in text.splitlines()]


def state(name: str) -> str:
    """What becomes of a directive, in words."""
    if name in table():
        return SUPPORTED
    verdict = VERDICTS[name]
    if verdict.state is State.HELPER:
        return SUPPORTED
    if verdict.reason == PER_CLIENT:
        return f"{SUPPORTED}: {PER_CLIENT}"
    if verdict.state is State.COMMAND:
        return "a command of its own"
    if verdict.state is State.NOT_YET:
        return verdict.reason
    if verdict.state is State.WARNING:
        return f"a warning: {verdict.reason}"
    return f"{verdict.state.value}: {verdict.reason}" if verdict.reason else verdict.state.value


def shares() -> list[tuple[str, int, int]]:
    """(use, how many are supported, how many there are), of those that are for this program."""
    counting = [one for one in directives() if one.counts]
    total = Counter(one.use for one in counting)
    done = Counter(one.use for one in counting if one.is_supported)
    return [(use, done[use], total[use]) for use in USES if use != "obsolete"]


def page() -> str:
    """The whole document."""
    lines = [HEAD, "| use | supported | of |", "|---|---|---|"]
    lines += [f"| {use} | {done} | {total} |" for use, done, total in shares()]
    for area, rows in groupby(directives(), key=lambda one: one.area):
        lines += [
            "",
            f"## {area}",
            "",
            "| directive | arguments | use | here |",
            "|---|---|---|---|",
        ]
        lines += [_row(one) for one in rows]
    return "\n".join(lines) + "\n"


def usage(name: str) -> str:
    """What a directive takes."""
    specs = table().get(name, ())
    return specs[0].usage if specs else ""


def places(name: str) -> list[str]:
    """Where else than in a file and on the command line it may stand."""
    scope = Scope(0)
    for spec in table().get(name, ()):
        scope |= spec.scope
    pushed = ["pushed"] if scope & Scope.PUSH or name in PUSHED else []
    return [*pushed, "per remote"] if scope & Scope.CONNECTION else pushed


def _row(one: Directive) -> str:
    here = "; ".join([state(one.name), *places(one.name)]).replace("|", "\\|")
    return f"| `{one.name}` | {_quoted(usage(one.name))} | {one.use} | {here} |"


def _quoted(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""


if __name__ == "__main__":
    sys.stdout.write(page())
