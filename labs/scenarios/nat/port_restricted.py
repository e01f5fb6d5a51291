"""A port-restricted NAT: only the very port that the client has spoken to may answer.

Address- and port-dependent filtering (RFC 4787), which most home routers do, and which a client
of a VPN needs no more than: it is the one that speaks first.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.nat import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "port-restricted", letting_in=(True, False, False), is_one=True)
