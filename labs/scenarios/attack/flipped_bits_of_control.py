"""A router on the way changes a bit of a control packet, each of its bits in turn; all are dropped.

Under tls-auth every field can be read, and none can be changed: session id, HMAC, the number and
time against replays, acks, the id of the message, and the message. The HMAC is looked at first, so
that nothing changed ever comes to TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario
from labs.scenarios import attack
from labs.statistics import dropped

if TYPE_CHECKING:
    from labs.dissect import Datagram
    from labs.endpoint import Endpoint

MESSAGE = 8  # bytes of it that are changed, too: a message is long, and its bytes are all alike
NO_CONTROL = "control packet authentication failed"
NO_DATA = "data packet authentication failed"  # what one bit of the opcode makes of it
STOCK_SAYS = "TLS Error: "


@scenario()
def play(stage: Stage) -> None:
    lab = stage.lab
    stage.change("tls-auth")
    lab.start_servers(20)
    stage.act("internet, a router on the way, writes down how a tunnel with tls-auth comes up.")
    with attack.listening(stage) as heard:
        lab.client.start()
        lab.client.wait_up(20)
        stage.pings("client", "files")
        attack.sealed(heard)
        talk = heard()
    _change(stage, lab.server, [one for one in talk if one.from_client])
    _change(stage, lab.client, [one for one in talk if not one.from_client])
    stage.see("the tunnel is still the same one", lab.client.log_text().count(attack.UP) == 1)
    stage.pings("client", "files")


def _change(stage: Stage, end: Endpoint, talk: list[Datagram]) -> None:
    """Send one that has acks and a message, with each of its bits changed."""
    one = next(one for one in talk if one.packet.payload and getattr(one.packet, "acks", None))
    bits = 8 * (len(one.data) - len(one.packet.payload) + MESSAGE)
    stage.act(f"It sends {end.name} a P_CONTROL_V1 {bits} times, each with another bit changed:")
    names = (field.name for field in one.packet.fields_desc)
    stage.note(f"{', '.join(names).replace('_', ' ')}, and {MESSAGE} bytes of TLS")
    before, said = dropped(end), end.log_text().count(STOCK_SAYS)
    attack.send_changed(stage, one, range(bits))
    attack.counted(stage, end, before, {NO_CONTROL: bits - 1, NO_DATA: 1})
    errors = end.log_text().count(STOCK_SAYS) - said
    stage.see(f"{end.name} says {errors} times: {STOCK_SAYS}...", errors == bits - 1)
