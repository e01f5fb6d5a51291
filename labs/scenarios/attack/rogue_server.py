"""A rogue answers in the server's place, with papers of its own; the client turns away each time.

A router on the way takes the server's address. First its certificate is that of an authority of its
own with the name of the right one; then it is one that the right authority has issued, but for a
client: what any other user of the VPN has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario
from labs.scenarios import attack

if TYPE_CHECKING:
    from vpn.pki.authority import Authority

NOT_OURS = re.compile(r"VERIFY ERROR: depth=\d, error=.*certificate")
NOT_A_SERVER = re.compile(r"VERIFY ERROR: depth=0, error=unsuitable certificate purpose")


@scenario(speed=30)
def play(stage: Stage) -> None:
    from vpn.pki.authority import Authority

    lab, client = stage.lab, stage.lab.client
    place, address = lab.sandbox.directory, f"{lab.topology.vpn.remote}/32"
    lab.start_servers(20)
    stage.act("A router on the way, internet, takes the server's address for its own.")
    lab[attack.ROUTER].add_address("lo", address)
    stage.act("It has made an authority of its own, and by that a server's certificate.")
    _meets(stage, Authority.create(place / "rogue", name="vpnlab lab CA"), "server", NOT_OURS)
    stage.act("It has the papers of another client of the right authority.")
    _meets(stage, Authority.open(place / "pki"), "client", NOT_A_SERVER)
    said = client.log_text()
    stage.see("the client has never let itself be caught", attack.UP not in said, said)
    stage.act("The rogue is gone.")
    lab[attack.ROUTER].remove_address("lo", address)
    client.wait_up(20)
    stage.pings("client", "files")


def _meets(stage: Stage, authority: Authority, usage: str, refusal: re.Pattern[str]) -> None:
    """Have the client try to connect while a rogue with such a certificate answers."""
    issued = authority.issue("another", usage)
    rogue = attack.impostor(stage, issued.cert_pem, issued.key_pem)
    stage.restart(stage.lab.client)
    stage.hears(stage.lab.client, refusal)
    rogue.kill()
