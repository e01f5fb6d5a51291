"""How NAT and firewalls are told to the kernel: scripts for nft, and the counters read back.

Every rule has a name. It is the rule's comment, which `nft monitor trace` prints, and the name of
its counter; so whatever becomes of a packet, there is a name for it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

RULE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")


class Rules(Protocol):
    """What a node can be given: a NAT, a firewall, a trace."""

    @property
    def table(self) -> str:
        """Family and name of the table that is replaced as a whole: "inet firewall"."""

    def script(self) -> str:
        """The table as a script for nft."""


def named(name: str, match: str, verdict: str) -> str:
    """Write one rule with its counter and its name."""
    if not RULE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a rule: use letters, digits and -")
    words = [match, f'counter name "{name}"', verdict, f'comment "{name}"']
    return " ".join(word for word in words if word)


def table(name: str, names: Iterable[str], body: str) -> str:
    """Write a script that replaces a table, if there is one, in a single step.

    `names` are the names of its rules: each gets a counter.
    """
    counters = "".join(f"\tcounter {rule} {{ }}\n" for rule in dict.fromkeys(names))
    return f"table {name}\ndelete table {name}\ntable {name} {{\n{counters}{body}}}\n"


def removal(name: str) -> str:
    """Write a script that removes a table whether it is there or not."""
    return f"table {name}\ndelete table {name}\n"


def chain(name: str, hook: str, rules: Iterable[str]) -> str:
    """Write a chain that hangs on a hook: "type filter hook forward priority filter"."""
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    return f"\tchain {name} {{\n\t\t{hook}; policy accept;\n{lines}\t}}\n"


@dataclass(frozen=True, slots=True)
class Count:
    """What one rule has seen."""

    packets: int
    bytes: int


def counts(listing: str) -> dict[str, Count]:
    """Read what `nft -j list counters` prints: rule name to count."""
    found = {}
    for item in json.loads(listing)["nftables"]:
        if counter := item.get("counter"):
            found[counter["name"]] = Count(counter["packets"], counter["bytes"])
    return found
