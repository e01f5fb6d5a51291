"""How far a client's attempt has come, by the names of the management interface.

WAIT          nothing heard from the server yet
AUTH          it answers: TLS and the key exchange
GET_CONFIG    it knows us: what does it push?
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vpn.tunnel.peer import Peer


def stage_of(peer: Peer | None) -> str:
    """The stage; empty before there is a link."""
    if peer is None:
        return ""
    if peer.is_authenticated:
        return "GET_CONFIG"
    return "AUTH" if peer.session.remote_session_id else "WAIT"
