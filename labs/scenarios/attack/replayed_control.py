"""A router on the way sends control packets once more; the session goes on as if nothing was.

Under tls-crypt (or tls-auth) each control packet has a number that is authentic, and what comes
again is not looked at any further. Without a wrapper anybody may say an old message again; the
receiver knows its number, acknowledges it once more, and does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario
from labs.scenarios import attack
from labs.statistics import dropped

if TYPE_CHECKING:
    from labs.dissect import Datagram

REPLAY = "bad packet ID (may be a replay): [ #"


@scenario()
def play(stage: Stage) -> None:
    server, client = stage.lab.server, stage.lab.client
    stage.act("Both ends with tls-crypt; internet, a router, writes down how the tunnel comes up.")
    talk = _handshake(stage, "tls-crypt")
    before = {end.name: dropped(end) for end in (server, client)}
    for end, others in ((server, "client"), (client, "server")):
        again = [one for one in talk if one.from_client is (end is server)]
        stage.act(f"It sends {len(again)} control packets of the {others} once more.")
        attack.send_again(stage, again)
        attack.says_so(stage, end, REPLAY, len(again))
        attack.counted(stage, end, before[end.name], {"replayed control packet": len(again)})
    _goes_on(stage)
    stage.act("The same without a wrapper.")
    again = [one for one in _handshake(stage, "-tls-crypt") if one.from_client]
    ids = {one.packet.packet_id for one in again if one.packet.packet_id is not None}
    before_plain = dropped(server)
    with attack.listening(stage) as heard:
        attack.send_again(stage, again)
        stage.waits(
            f"the server acknowledges messages {', '.join(map(str, sorted(ids)))} once more",
            lambda: ids <= _acknowledged(heard()),
        )
    attack.counted(stage, server, before_plain, {})
    _goes_on(stage)


def _handshake(stage: Stage, sets: str) -> list[Datagram]:
    """Bring the tunnel up; what the ends said, without their first packets.

    A server keeps nothing of a first packet, so it can't know it again.
    """
    from labs.dissect import OpenVPNDataV2

    stage.change(sets)
    stage.lab.stop_tunnel()
    stage.lab.start_servers(20)
    with attack.listening(stage) as heard:
        stage.lab.client.start()
        stage.lab.client.wait_up(20)
        stage.pings("client", "files")
        attack.sealed(heard)
        talk = [one for one in heard() if not isinstance(one.packet, OpenVPNDataV2)]
    return [one for one in talk if "RESET" not in one.packet.summary()]


def _acknowledged(talk: list[Datagram]) -> set[int]:
    return {
        ack
        for one in talk
        if not one.from_client
        for ack in getattr(one.packet, "acks", None) or ()
    }


def _goes_on(stage: Stage) -> None:
    client = stage.lab.client
    stage.see("the client's tunnel is the same as before", client.log_text().count(attack.UP) == 1)
    stage.pings("client", "files")
