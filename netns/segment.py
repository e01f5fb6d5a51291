"""A segment: what one cable, or one network switch, joins.

    node eth0 ======== veth ======== client.eth0 -+
                                                  bridge "lan"      (in the switch's namespace)
    node eth0 ======== veth ======== nat.eth0 ----+

Also two nodes are joined by a bridge, with two ports: captures and pulled cables then happen
outside the nodes, as with real cables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ETHERNET_MTU = 1500


@dataclass(frozen=True, slots=True)
class Port:
    """One cable: `dev` in `node`, and the end of it in the switch."""

    node: str
    dev: str
    port: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A bridge in the switch and its cables."""

    name: str
    bridge: str
    mtu: int
    ports: tuple[Port, ...]

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Segment:
        """Read what the holder says of it."""
        ports = tuple(Port(**port) for port in facts["ports"])
        return cls(facts["name"], facts["bridge"], facts["mtu"], ports)
