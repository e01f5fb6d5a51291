"""The client is behind two NATs in a row, its own and its provider's: the tunnel asks neither.

The server sees the outer one only. Each forgets by its own clock, so the quicker one decides how
often the ends must say something.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.nat import SEEN_AS


@scenario(topology="double-nat")
def play(stage: Stage) -> None:
    stage.up()
    stage.pings("client", "files")
    stage.pings("files", stage.lab.tunnel_address("client"))
    seen = SEEN_AS.findall(stage.lab.server.log_text())
    stage.see(f"the server sees the carrier's address, port {seen[-1]}", seen)
    for name in ("nat", "carrier"):
        count = stage.lab[name].counts()["nat-out"].packets
        stage.see(f"{name} has translated {count} flows", count > 0)
