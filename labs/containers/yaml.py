"""Plain values as YAML for people: mappings in lines, lists and small mappings in one line.

The text is as deterministic as its values are ordered. Only what these files need is known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Words that YAML reads as what they look like; anything else is quoted as JSON is, which is YAML.
PLAIN = re.compile(r"[A-Za-z_/.$*<][A-Za-z0-9_/.,$@{}:*<-]*(?<!:)")
SPECIAL = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
WIDTH = 100
UNSAFE_IN_FLOW = re.compile(r"[,{}\[\]]")


def text(value: Mapping[str, Any], *, apart: int = 0) -> str:
    """The document; blank lines stand between the entries of its first `apart` levels."""
    return "\n".join(_lines(value, 0, apart)) + "\n"


def _lines(value: Mapping[str, Any], depth: int, apart: int) -> Iterator[str]:
    indent = "  " * depth
    for number, (key, held) in enumerate(value.items()):
        if number and depth < apart and isinstance(held, Mapping):
            yield ""
        head = f"{indent}{_scalar(key)}:"
        if isinstance(held, Mapping) and held and (depth < apart or not _fits(head, held)):
            anchor, rest = _anchored(held)
            yield head + anchor
            yield from _lines(rest, depth + 1, apart if anchor == "" else 0)
        else:
            yield from _leaf(head, held, indent)


def _leaf(head: str, held: Any, indent: str) -> Iterator[str]:
    is_list = isinstance(held, Sequence) and not isinstance(held, str)
    if is_list and not _fits(head, held):
        yield head
        yield from (f"{indent}  - {_flow(one)}" for one in held)
    else:
        yield f"{head} {_flow(held) if isinstance(held, Mapping) or is_list else _scalar(held)}"


def _anchored(held: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """A mapping with the key "&" has that for its anchor."""
    name = held.get("&")
    if name is None:
        return "", held
    return f" &{name}", {key: value for key, value in held.items() if key != "&"}


def _fits(head: str, held: Any) -> bool:
    is_flat = isinstance(held, Sequence) or not any(
        isinstance(one, Mapping | list | tuple) for one in held.values()
    )
    is_merged = isinstance(held, Mapping) and ("<<" in held or "&" in held)
    return is_flat and not is_merged and len(head) + 1 + len(_flow(held)) <= WIDTH


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_scalar(key)}: {_flow(held)}" for key, held in value.items())
        return f"{{{inner}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_flow(one) for one in value)}]"
    said = _scalar(value)
    is_safe = said.startswith('"') or not UNSAFE_IN_FLOW.search(said)
    return said if is_safe else json.dumps(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        is_plain = PLAIN.fullmatch(value) is not None and value.lower() not in SPECIAL
        return value if is_plain or re.fullmatch(r"-?-[a-z-]+", value) else json.dumps(value)
    return json.dumps(value)
