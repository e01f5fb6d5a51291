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

# The chapters of the community HOWTO, by topic; each is played by a scenario (`howto=(8,)`).
HOWTO = {
    1: "Routed or bridged",
    2: "Numbering private subnets",
    3: "Own authority, certificates, keys",
    4: "Configuration files for server and clients",
    5: "Start up and test",
    6: "Start at boot",
    7: "Control a running process",
    8: "More machines on the server's side, routed",
    9: "More machines on the client's side, routed",
    10: "More machines on both sides, bridged",
    11: "Push DHCP options",
    12: "Rules for single clients, access policy",
    13: "Other authentication",
    14: "Route all traffic",
    15: "Server on a dynamic address",
    16: "Through a proxy",
    17: "A file share over the VPN",
    18: "Load balancing and failover",
    19: "Hardening",
    20: "Revoking certificates",
    21: "Man in the middle",
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
