"""A symmetric NAT: each remote sees the client at another port, and only that one gets in.

Address- and port-dependent mapping (RFC 4787). What a third party learns about the client's port
is of no use to others; a tunnel to one server does not mind.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.nat import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "symmetric", letting_in=(True, False, False), is_one=False)
