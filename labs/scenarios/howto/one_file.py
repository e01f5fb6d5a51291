"""One file is all a client gets: certificates and keys stand in it as blocks.

`vpn-pki export` writes it. Whoever has the file has the key: it is to be sent as a password is.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.howto import vpn_pki


@scenario(howto=(4,))
def play(stage: Stage) -> None:
    lab, home = stage.lab, stage.lab.sandbox.directory
    vpn_pki(stage, home, "tls-crypt-key", "--dir", "pki")
    vpn_pki(
        stage, home, "export", "client", "--dir", "pki", "--wrap", "tls-crypt",
        "--remote", lab.topology.vpn.remote, str(lab.topology.vpn.port), "--out", "client.ovpn",
    )  # fmt: skip
    lab.change(f"server:tls-crypt={home / 'pki' / 'tls-crypt.key'}")
    profile = (home / "client.ovpn").read_text("utf-8")
    blocks = [line for line in profile.splitlines() if line.startswith("<") and "/" not in line]
    stage.see(f"blocks in it: {' '.join(blocks)}", len(blocks) == 4, profile)
    stage.act("All other files of the client are deleted.")
    for path in lab.client.directory.rglob("*"):
        if path.is_file():
            path.unlink()
    lab.client.config.write_text(profile, encoding="utf-8")
    lab.start_tunnel(20.0)
    stage.hears(lab.client, "Initialization Sequence Completed")
    stage.pings("client", "files")
