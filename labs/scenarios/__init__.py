"""The scenarios by chapter: one package a chapter, one file a scenario."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from labs.errors import LabError
from labs.scenario import Scenario

# In the order in which a reader meets them; the key is the package's name.
CHAPTERS = {
    "carrying": "Carrying",
    "nat": "NAT",
    "sixty_seconds": "The 60 seconds",
    "routing": "Routing and push",
    "life": "Life",
    "attack": "Attack",
    "howto": "The HOWTO's chapters",
}


@cache
def everything() -> dict[str, Scenario]:
    """All scenarios by name, in the order of the chapters."""
    found: dict[str, Scenario] = {}
    for chapter in CHAPTERS:
        package = importlib.import_module(f"{__name__}.{chapter}")
        for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
            one: Scenario = importlib.import_module(f"{package.__name__}.{info.name}").play
            found[one.name] = one
    return found


def find(name: str) -> Scenario:
    """A scenario by its name; the error names those that are alike."""
    known = everything()
    if name not in known:
        alike = [one for one in known if any(part in one for part in name.split("-"))]
        raise LabError(
            f'no scenario "{name}"',
            f"alike are {', '.join(alike)}" if alike else "",
            "lab scenario list",
        )
    return known[name]
