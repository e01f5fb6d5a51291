#!/usr/bin/env python3
"""Print docs/labs.md: the topologies with their drawings, the scenarios, the faults.

python scripts/labs_reference.py >docs/labs.md          (`make docs` does this)
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from labs import faults, scenarios, topologies  # noqa: E402
from labs.scenario import Pair, Scenario  # noqa: E402

HEAD = """\
# Labs

What can be brought up, what can be played in it, what can go wrong.

```sh
lab scenario list                              # all of them, one line each
lab scenario run pushed-route                  # told line by line, checked on the way
lab scenario run pushed-route --server openvpn --keep --pcap all.pcapng

lab up && lab break firewall-drop              # one thing is wrong now ...
lab explain                                    # ... which can be seen, and proved
lab heal
```

A scenario says what it does (`*`), what it sees (`+`), and fails if it does not see it; the tests
play all of them. `lab explain` reads logs, rules, counters and cables, never which fault somebody
put in; its exit code is the class of the cause (`lab explain --help`).

<!-- Written by scripts/labs_reference.py from labs/: `make docs`. -->
"""


def page() -> str:
    """The whole page."""
    parts = (HEAD, _topologies(), _scenarios(), _howto(), _faults())
    return "\n".join(parts)


def _topologies() -> str:
    """Each with its drawing."""
    lines = ["## Topologies", ""]
    for name in topologies.NAMES:
        plan = topologies.find(name)
        lines += [f"### {name}", "", f"{plan.title[0].upper()}{plan.title[1:]}.", ""]
        lines += ["```", plan.drawing.strip("\n"), "```", ""]
    return "\n".join(lines)


def _scenarios() -> str:
    """By chapter: name, first sentence, where it plays, who can play it."""
    known = scenarios.everything().values()
    lines = ["## Scenarios", "", f"{len(known)} scenarios, each in a lab of its own.", ""]
    for chapter, title in scenarios.CHAPTERS.items():
        lines += [f"### {title}", "", "| scenario | the story | topology | client/server |"]
        lines += ["|---|---|---|---|"]
        lines += [_row(one) for one in known if one.chapter == chapter]
        lines += [""]
    return "\n".join(lines)


def _row(one: Scenario) -> str:
    place = f"[{one.topology}](#{one.topology})"
    return f"| `{one.name}` | {_cell(one.says)} | {place} | {_pairs(one.pairs)} |"


def _pairs(pairs: tuple[Pair, ...]) -> str:
    return ", ".join("/".join(pair) for pair in pairs)


def _howto() -> str:
    """Which scenarios play which chapter of the community HOWTO."""
    lines = ["## The chapters of the community HOWTO", "", "| chapter | scenarios |", "|---|---|"]
    for number, title in scenarios.HOWTO.items():
        names = [one.name for one in scenarios.everything().values() if number in one.howto]
        lines.append(f"| {number}. {title} | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join([*lines, ""])


def _faults() -> str:
    """Name and sentence of each."""
    lines = ["## Faults", "", "| fault | what is wrong | topology |", "|---|---|---|"]
    lines += [
        f"| `{one.name}` | {_cell(one.says)} | {one.topology} |" for one in faults.FAULTS.values()
    ]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Print the page."""
    sys.stdout.write(page())


if __name__ == "__main__":
    main()
