"""Somebody on the way answers as the server, with a certificate that the same authority issued.

A router on the way takes the server's address for its own. A client that looks at the authority
only is caught. remote-cert-tls server wants a certificate that was issued for a server,
verify-x509-name wants the right one of those.
"""

from __future__ import annotations

import re

from labs.pki import for_anything
from labs.scenario import Stage, scenario
from labs.scenarios.attack import impostor


@scenario(speed=10, howto=(21,))
def play(stage: Stage) -> None:
    lab, client, pki = stage.lab, stage.lab.client, stage.lab.sandbox.directory / "pki"
    address = lab.topology.vpn.remote
    lab.start_servers(20.0)
    stage.act(
        f"A router on the way, internet, takes {address} for its own and answers as the server."
    )
    lab["internet"].add_address("lo", f"{address}/32")
    stage.act("Its certificate does not say for what it was issued; remote-cert-tls is left out.")
    somebody = impostor(stage, *for_anything(pki, "somebody"))
    stage.change("client:-remote-cert-tls")
    client.start()
    stage.hears(client, "[somebody] Peer Connection Initiated with")
    client.wait_up(20.0)
    stage.see("the client's tunnel ends at internet", "tun0" in lab["internet"].links())
    stage.act("remote-cert-tls server")
    stage.change("client:remote-cert-tls=server")
    stage.restart(client)
    stage.hears(client, "VERIFY KU ERROR")
    stage.explains("wrong-usage")
    somebody.kill()
    stage.act("The impostor has the certificate of another server; verify-x509-name server name")
    impostor(stage, *_of_another_server(stage))
    stage.change("client:verify-x509-name=server name")
    stage.restart(client)
    stage.hears(client, re.compile("VERIFY X509NAME ERROR: (CN=)?another-server, must be server"))
    stage.explains("wrong-name")
    stage.act("The impostor is gone, and the client connects anew.")
    lab["internet"].remove_address("lo", f"{address}/32")
    stage.restart(client)
    client.wait_up(20.0)
    stage.pings("client", "files")


def _of_another_server(stage: Stage) -> tuple[bytes, bytes]:
    from vpn.pki.authority import Authority

    authority = Authority.open(stage.lab.sandbox.directory / "pki")
    issued = authority.issue("another-server", "server")
    return issued.cert_pem, issued.key_pem
