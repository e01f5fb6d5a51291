"""A router on the way sends the client's data packets once more; none gets into the tunnel again.

Every data packet has a number that is authentic. The server remembers the numbers of the last ones
and takes each once. It says so in its log, and drops the rest without an answer.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios import attack
from labs.statistics import dropped

REPLAY = "bad packet ID (may be a replay): [ #"
TIMES = 10


@scenario()
def play(stage: Stage) -> None:
    server = stage.lab.server
    stage.up()
    stage.act("internet, a router on the way, writes down what the client sends.")
    with attack.listening(stage) as heard:
        stage.pings("client", "files", count=3)
        sealed = attack.sealed(heard, 3)
    before = dropped(server)
    stage.act(f"It sends each of the {len(sealed)} packets again, {TIMES} times.")
    arrived = attack.pings_seen(stage)
    sent = attack.send_again(stage, sealed, TIMES)
    attack.says_so(stage, server, REPLAY, sent)
    stage.pings("client", "files")
    stage.see("no ping but this one came to files", attack.pings_seen(stage) == arrived + 1)
    attack.counted(stage, server, before, {"replayed data packet": sent})
