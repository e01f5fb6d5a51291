"""The topologies that come with the lab, by name; or one from a TOML file."""

from __future__ import annotations

from pathlib import Path

from labs.errors import LabError
from labs.topology import Topology

DEFAULT = "three-lans"
NAMES = (
    "three-lans",
    "two-clients",
    "double-nat",
    "server-behind-nat",
    "overlapping",
    "site-to-site",
    "three-sites",
    "bridged",
    "two-servers",
)


def find(name: str) -> Topology:
    """A topology by its name, or by the path of a TOML file."""
    if name in NAMES:
        from importlib import import_module

        found: Topology = import_module(f"labs.topologies.{name.replace('-', '_')}").TOPOLOGY
        return found
    if name.endswith(".toml") or "/" in name:
        from labs.topology_file import load

        return load(Path(name))
    raise LabError(
        f'no topology "{name}"', fix=f"one of {', '.join(NAMES)}, or the path of a .toml file"
    )
