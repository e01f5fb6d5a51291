"""A router on the way changes a bit of a data packet, each of its bits in turn; none gets through.

The header is authenticated with what is sealed, so a changed packet leads to a key or a peer that
isn't there, to another kind of packet, or is found to be no longer genuine. Nobody gets an answer,
and the next packet is read as if nothing had been. tls-crypt is in use: a changed opcode can make
a control packet of it, and those are to be authentic, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario
from labs.scenarios import attack
from labs.statistics import dropped

if TYPE_CHECKING:
    from labs.dissect import Datagram
    from labs.endpoint import Endpoint

OPCODE, KEY_ID, PEER_ID = 5, 3, 24  # their bits; the rest is packet id, tag and what is sealed
FORGED = "data packet authentication failed"
NO_CONTROL = "control packet authentication failed"
STOCK_SAYS = "AEAD Decrypt error: "


@scenario()
def play(stage: Stage) -> None:
    lab = stage.lab
    stage.up("tls-crypt")
    stage.act("internet, a router on the way, writes down a ping and its answer, both sealed.")
    with attack.listening(stage) as heard:
        lab.run("client", ["ping", "-c", "1", "-s", "0", "-W", "5", attack.FILES])
        asked, answered = attack.sealed(heard)[0], attack.sealed(heard, from_client=False)[0]
    rest = 8 * len(asked.data) - OPCODE - KEY_ID - PEER_ID
    header = {"unknown key id": KEY_ID}
    to_server = {NO_CONTROL: 3, "unknown opcode": OPCODE - 3, "unknown peer": PEER_ID, FORGED: rest}
    to_client = {NO_CONTROL: OPCODE, FORGED: PEER_ID + rest}  # it has but one peer
    arrived = attack.pings_seen(stage)
    _change(stage, lab.server, asked, {**header, **to_server})
    _change(stage, lab.client, answered, {**header, **to_client})
    stage.pings("client", "files")
    stage.see("no ping but this one came to files", attack.pings_seen(stage) == arrived + 1)


def _change(stage: Stage, end: Endpoint, one: Datagram, expected: dict[str, int]) -> None:
    bits = 8 * len(one.data)
    stage.act(f"It sends the one for {end.name} {bits} times, each time with another bit changed.")
    before = dropped(end)
    attack.send_changed(stage, one, range(bits))
    attack.counted(stage, end, before, expected)
    if end.program != "ours":
        said = end.log_text().count(STOCK_SAYS)
        stage.see(f"{end.name} says {said} times: {STOCK_SAYS}...", said == expected[FORGED])
