"""The links at the two ends of the tunnel: a tun carries packets, a tap carries frames."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from labs.explain.diagnosis import Diagnosis, Kind
from labs.statistics import evidence_of_drops
from vpn.errors import Drop

if TYPE_CHECKING:
    from labs.endpoint import Endpoint

NOT_IP = "IP packet with unknown IP version"


def different(server: Endpoint, client: Endpoint) -> Diagnosis | None:
    """A tun at one end and a tap at the other: each takes the other's for rubbish."""
    theirs, own = devices(server), devices(client)
    kinds = set(theirs.values()) | set(own.values())
    if not theirs or not own or len(kinds) < 2:
        return None
    heard = [line for line in server.log_text().splitlines() if NOT_IP in line]
    return Diagnosis(
        Kind.SETTINGS,
        "wrong-dev",
        f"the client has a {_kind(own)}, the server a {_kind(theirs)}: "
        "what one puts in, the other can't read",
        f"write dev {_kind(theirs)} in the configuration of {client.name}",
        node=client.name,
        evidence=(
            f"{client.name}: {_text(own)}",
            f"{server.name}: {_text(theirs)}",
            *(f"{server.name} says: {line}" for line in heard[-1:]),
            *evidence_of_drops(server, Drop.BAD_PACKET.value),
        ),
    )


def devices(end: Endpoint) -> dict[str, str]:
    """The kinds, tun or tap, of a node's tunnel links by their names."""
    said = end.node.run(["ip", "-details", "-json", "link", "show"]).stdout
    found = {}
    for link in json.loads(said or "[]"):
        about = link.get("linkinfo", {})
        if about.get("info_kind") == "tun":
            found[link["ifname"]] = about["info_data"]["type"]
    return found


def _kind(found: dict[str, str]) -> str:
    return next(iter(found.values()))


def _text(found: dict[str, str]) -> str:
    return ", ".join(f"{name} is a {kind}" for name, kind in found.items())
