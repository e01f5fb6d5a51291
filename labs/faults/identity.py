"""Faults of who is who: authorities, certificates, and the keys of the control channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.faults.fault import Fault
from labs.pki import write_private

if TYPE_CHECKING:
    from labs.lab import Lab

OTHER_CA = "other-ca.crt"


def other_authority(lab: Lab) -> None:
    """Give the client the certificate of an authority that has nothing to do with this lab."""
    from vpn.pki.authority import Authority

    path = lab.sandbox.directory / "other-pki"
    authority = Authority.open(path) if path.exists() else Authority.create(path, name="another CA")
    for client in lab.clients:
        write_private(client.directory / OTHER_CA, authority.certificate)


FAULTS = (
    Fault(
        "wrong-ca",
        "the client trusts another authority than the one that signed the server's certificate",
        sets=(f"client:ca={OTHER_CA}",),
        inject=other_authority,
    ),
)
