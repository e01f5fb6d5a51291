"""PUSH_UPDATE: options that change while the tunnel stands [draft: push-update].

route 10.9.0.0 255.255.0.0   the first of a kind takes the place of all before, others add
-dns                         none of this kind any more
?block-ipv6   -?dns          a client that does not know it passes it over
"""

from __future__ import annotations

from collections.abc import Iterable

from vpn.errors import NegotiationError
from vpn.tunnel.clients import ClientEntry
from vpn.wire import messages
from vpn.wire.peer_info import Proto, parse

UPDATABLE = frozenset((
    *("block-ipv6", "block-outside-dns", "dhcp-option", "dns", "ifconfig", "ifconfig-ipv6"),
    *("redirect-gateway", "redirect-private", "route", "route-gateway", "route-ipv6"),
    *("route-metric", "topology", "tun-mtu", "keepalive"),
))  # fmt: skip
REFUSED = "process-push-msg-failed"


def updated(pushed: Iterable[str], changes: Iterable[str]) -> list[str]:
    """What counts as pushed after an update; NegotiationError if it can't be taken."""
    options = list(pushed)
    replaced: set[str] = set()
    for change in changes:
        is_removal, name, text = _read(change)
        if name not in UPDATABLE:
            continue
        if is_removal or name not in replaced:
            options = [option for option in options if option.split()[:1] != [name]]
        replaced.add(name)
        if not is_removal:
            options.append(text)
    return options


def _read(change: str) -> tuple[bool, str, str]:
    """(is it a removal?, the directive's name, the option as it would be pushed)."""
    is_removal = change.startswith("-")
    text = change.removeprefix("-")
    is_optional = text.startswith("?")
    text = text.removeprefix("?")
    name = text.split()[0] if text.split() else ""
    if not name or text.startswith(("-", "?")) or (name not in UPDATABLE and not is_optional):
        raise NegotiationError(f"PUSH_UPDATE: option '{change}' can't be updated", REFUSED)
    return is_removal, name, text


def send(
    text: str, clients: Iterable[ClientEntry], client_id: int | None = None
) -> list[ClientEntry]:
    """Server: tell those clients (or this one) that understand it; they are returned."""
    options = [option.strip() for option in text.split(",") if option.strip()]
    told = []
    for entry in clients:
        if client_id not in (None, entry.client_id):
            continue
        said = entry.peer.session.remote
        if (
            not entry.admitted
            or said is None
            or Proto.PUSH_UPDATE not in parse(said.peer_info).proto
        ):
            continue
        for message in messages.push_messages(messages.PUSH_UPDATE, options):
            entry.peer.log.info("SENT CONTROL [%s]: '%s' (status=1)", entry.name, message)
            entry.peer.session.send_message(message)
        told.append(entry)
    return told
