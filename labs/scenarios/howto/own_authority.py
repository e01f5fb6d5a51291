"""An authority of one's own: a server, two clients, and a key that only a passphrase opens.

`vpn-pki init` makes the authority; its key stays where it is. Each end gets three files: ca.crt,
its own certificate, its own key. No Diffie-Hellman parameters are needed. The key of one client is
locked with a passphrase, which the program reads with askpass.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from labs.pki import write_private
from labs.scenario import Stage, scenario
from labs.scenarios.howto import vpn_pki

PASSPHRASE = b"open sesame"


@scenario(topology="two-clients", howto=(3,))
def play(stage: Stage) -> None:
    home = stage.lab.sandbox.directory
    own = home / "our-pki"
    vpn_pki(stage, home, "init", "our-pki", "--name", "our own CA")
    for end in stage.lab.ends:
        vpn_pki(stage, home, end.role, end.name, "--dir", "our-pki")
        write_private(end.directory / "ca.crt", (own / "ca.crt").read_bytes())
        for name in (f"issued/{end.name}.crt", f"private/{end.name}.key"):
            write_private(end.directory / name.partition("/")[2], (own / name).read_bytes())
    first, second = stage.lab.clients
    stage.act(f"The key of {first.name} is locked with a passphrase.")
    _lock(first.directory, f"{first.name}.key")
    locked = (first.directory / f"{first.name}.key").read_text("ascii")
    stage.see(locked.partition("\n")[0], "BEGIN ENCRYPTED PRIVATE KEY" in locked)
    stage.up(f"{first.name}:askpass=passphrase")
    stage.hears(first, "VERIFY OK: depth=1, CN=our own CA")
    for client in (first, second):
        stage.hears(stage.lab.server, f"[{client.name}] Peer Connection Initiated with")
        stage.pings(client.name, "files")
    stage.act("With another passphrase the key stays locked, and the program ends.")
    write_private(first.directory / "passphrase", b"not this one\n")
    stage.restart(first)
    stage.waits("it has ended", lambda: not first.is_alive)
    stage.note(f"{first.name} says: {first.last_words()}")


def _lock(directory: Path, name: str) -> None:
    key = load_pem_private_key((directory / name).read_bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)
    )
    write_private(directory / name, locked)
    write_private(directory / "passphrase", PASSPHRASE + b"\n")
