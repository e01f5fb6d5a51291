"""TCP in a tunnel over TCP, on a line that loses packets, against the same in a tunnel over UDP.

Both TCPs repeat what was lost. Over UDP only the inner one does, quickly. Over TCP the outer one
holds back all that came after the gap, and the inner one takes that for loss as well.

The losses are the same over either: so many packets of a thousand, at places drawn from seeds.
"""

from __future__ import annotations

import time

from labs.scenario import Stage, scenario
from labs.stage import StoryError
from labs.traffic import Exchanging

LOSSES = (0, 0.02, 0.1)
ROUNDS = 3  # on each line: where the losses fall makes a difference
DELAY = 0.01  # seconds each way
SIZE = 300_000
RATE = 4_000_000
WIDTH = 40
SEED = 1194


@scenario()
def play(stage: Stage) -> None:
    stage.act(f"The line takes {DELAY * 1000:g} ms each way, and loses some packets.")
    goodput = {}
    for proto in ("udp", "tcp"):
        stage.up(f"proto={proto}")
        for loss in LOSSES:
            seconds = sum(_seconds(stage, loss, SEED + number) for number in range(ROUNDS))
            goodput[proto, loss] = ROUNDS * 2 * SIZE / seconds
            stage.note(f"over {proto} with {loss:.0%} lost all has arrived")
        stage.lab.stop_tunnel()
    most = max(goodput.values())
    for (proto, loss), rate in goodput.items():
        bar = "#" * max(1, round(WIDTH * rate / most))
        stage.note(f"over {proto}, {loss:3.0%} lost {rate / 1000:6.0f} kB/s {bar}")
    udp, tcp = (sum(1 / goodput[proto, loss] for loss in LOSSES[1:]) for proto in ("udp", "tcp"))
    stage.see(f"on lines that lose packets, UDP carries {tcp / udp:.1f} times as much", udp < tcp)


def _seconds(stage: Stage, loss: float, seed: int) -> float:
    """How long SIZE bytes each way take on a line that loses that share of its packets."""
    client, files = stage.lab["client"], stage.lab["files"]
    address = stage.lab.topology.address("files")
    with (
        stage.lab["internet"].wire("eth0", "eth1", delay=DELAY, loss=loss, seed=seed),
        Exchanging(client, files, address, size=SIZE, rate=RATE) as exchanging,
    ):
        began = time.monotonic()
        exchange = exchanging.result()
        seconds = time.monotonic() - began
    if not exchange.is_intact:
        raise StoryError(f"with {loss:.0%} lost something has not arrived")
    return seconds
