"""An address-restricted NAT: only a host that the client has spoken to may send to its port.

Address-dependent filtering (RFC 4787): the server may answer from any of its ports, nobody else
gets in. A server that answers from another port than it was asked at works here.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.nat import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "address-restricted", letting_in=(True, True, False), is_one=True)
