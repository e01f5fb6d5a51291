"""A firewall refuses the VPN's port: an ICMP error comes at once, and still it takes 60 seconds.

The client is told "connection refused" within a millisecond. It does not believe it: anyone could
have sent that error. So it asks again until the time is over, but the first line of its log knows.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The firewall answers what comes to the VPN's port with an ICMP error.")
    stage.inject("firewall-reject")
    stage.start()
    stage.hears(stage.lab.client, re.compile(r"read UDPv4 \[ECONNREFUSED\].*"))
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("firewall-reject")
