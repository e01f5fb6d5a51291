"""Keys, TLS version and cipher of one's own choice; the authority's key is on neither end.

RSA keys instead of the elliptic curve, TLS 1.3 and nothing older, ChaCha20 for the data, and
certificates of the "preferred" profile only. What was agreed on stands in both logs.
"""

from __future__ import annotations

import re

from labs.pki import write_private
from labs.scenario import Stage, scenario
from labs.scenarios.howto import vpn_pki


@scenario(howto=(19,))
def play(stage: Stage) -> None:
    lab, home = stage.lab, stage.lab.sandbox.directory
    vpn_pki(stage, home, "init", "rsa", "--rsa")
    for end in lab.ends:
        vpn_pki(stage, home, end.role, end.name, "--dir", "rsa")
        for name in ("ca.crt", f"issued/{end.name}.crt", f"private/{end.name}.key"):
            target = end.directory / name.rpartition("/")[2]
            write_private(target, (home / "rsa" / name).read_bytes())
    authority = (home / "rsa" / "ca.key").read_bytes()
    files = [path for end in lab.ends for path in end.directory.rglob("*") if path.is_file()]
    stage.see(
        f"the authority's key is none of the {len(files)} files at the two ends",
        all(path.read_bytes() != authority for path in files),
    )
    stage.up(
        "tls-version-min=1.3", "cipher=CHACHA20-POLY1305", "tls-cert-profile=preferred", "tls-crypt"
    )
    for end in lab.ends:
        stage.hears(end, re.compile(r"Control Channel: TLSv1\.3, .*2048 bits? RSA"))
        stage.hears(end, "Data Channel: cipher 'CHACHA20-POLY1305'")
    stage.pings("client", "files")
