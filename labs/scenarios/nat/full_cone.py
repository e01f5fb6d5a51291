"""A full-cone NAT: once the client has spoken to one, anyone may send to its port.

Endpoint-independent mapping and filtering, in the words of RFC 4787. The tunnel works, and its
packets are all that keeps strangers out: what is not authentic is dropped and counted.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.nat import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "full-cone", letting_in=(True, True, True), is_one=True)
