"""A certificate is revoked while the server runs: the list is read again at each connection.

`vpn-pki revoke` writes a new crl.pem. The client that is connected stays so until it connects anew;
then it is refused. The server is never restarted. With a new certificate the client is let in.
"""

from __future__ import annotations

import signal

from labs.pki import write_private
from labs.scenario import Stage, scenario
from labs.scenarios.howto import vpn_pki


@scenario(speed=10, howto=(20,))
def play(stage: Stage) -> None:
    lab, home = stage.lab, stage.lab.sandbox.directory
    client, server = lab.client, lab.server
    vpn_pki(stage, home, "crl", "--dir", "pki")
    stage.up(f"server:crl-verify={home / 'pki' / 'crl.pem'}")
    stage.pings("client", "files")
    vpn_pki(stage, home, "revoke", "client", "--dir", "pki")
    stage.pings("client", "files")
    stage.act("The client connects anew (SIGUSR1).")
    assert client.process is not None
    client.process.send_signal(signal.SIGUSR1)
    stage.hears(server, "VERIFY ERROR: depth=0, error=certificate revoked: CN=client")
    stage.explains("revoked-certificate")
    client.stop()
    vpn_pki(stage, home, "client", "client", "--dir", "pki")
    for name in ("issued/client.crt", "private/client.key"):
        content = (home / "pki" / name).read_bytes()
        write_private(client.directory / name.partition("/")[2], content)
    client.start()
    client.wait_up(20.0)
    stage.pings("client", "files")
