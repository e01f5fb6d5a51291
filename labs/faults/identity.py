"""Faults of who is who: authorities, certificates, passwords.

What such a fault needs lies in a folder of the fault's name beside the end's own files, made with
a copy of the lab's authority: healing removes the folder, and nothing else was changed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from labs.faults.fault import Fault
from labs.pki import write_private

if TYPE_CHECKING:
    from labs.lab import Lab
    from vpn.pki.authority import Authority

Files = Mapping[str, bytes]  # by name

VALID_DAYS = 30

VERIFY = '"/bin/grep -qx right"'  # whoever gives another password is refused; the file comes behind
PASSWORD = b"alice\nwrong\n"


def with_files(
    name: str,
    says: str,
    role: str,
    make: Callable[[Lab], Files],
    *sets: str,
    restarts: tuple[str, ...] = ("client",),
) -> Fault:
    """A fault for which the ends of a role get a folder with files."""

    def folders(lab: Lab) -> list[Path]:
        return [end.directory / name for end in lab.ends if end.role == role]

    def inject(lab: Lab) -> None:
        files = make(lab)
        for folder in folders(lab):
            folder.mkdir(mode=0o700)
            for file, content in files.items():
                write_private(folder / file, content)

    def heal(lab: Lab) -> None:
        for folder in folders(lab):
            shutil.rmtree(folder)

    return Fault(name, says, sets, inject=inject, heal=heal, restarts=restarts)


@contextmanager
def authority_of(lab: Lab) -> Iterator[Authority]:
    """A copy of the lab's authority, to sign with; the lab's own knows nothing of it."""
    from vpn.pki.authority import Authority

    with tempfile.TemporaryDirectory(prefix="vpnlab-") as directory:
        shutil.copytree(lab.sandbox.directory / "pki", directory, dirs_exist_ok=True)
        yield Authority.open(directory)


def another_authority(_lab: Lab) -> Files:
    """The certificate of an authority that has nothing to do with this lab."""
    from vpn.pki.authority import Authority

    with tempfile.TemporaryDirectory(prefix="vpnlab-") as directory:
        return {"ca.crt": Authority.create(Path(directory) / "pki", name="another CA").certificate}


def certificate(role: str, *, starts_in: int = 0) -> Callable[[Lab], Files]:
    """A certificate under the end's own name, good from so many days from now on."""

    def make(lab: Lab) -> Files:
        end = lab.client if role == "client" else lab.server
        with authority_of(lab) as authority:
            authority.revoke(end.name)  # the copy only: it frees the name
            start = datetime.now(UTC) + timedelta(starts_in)
            issued = authority.issue(end.name, role, VALID_DAYS, start)
        return {"own.crt": issued.cert_pem, "own.key": issued.key_pem}

    return make


def posing_as_server(lab: Lab) -> Files:
    """What a client has that calls itself by the server's name."""
    with authority_of(lab) as authority:
        authority.revoke(lab.server.name)
        issued = authority.issue(lab.server.name, "client")
    return {"own.crt": issued.cert_pem, "own.key": issued.key_pem}


def key_of_another(lab: Lab) -> Files:
    """A private key that the authority gave to somebody else."""
    with authority_of(lab) as authority:
        return {"own.key": authority.issue("somebody-else").key_pem}


def revocation_list(lab: Lab) -> Files:
    """A list on which the client's certificate stands."""
    with authority_of(lab) as authority:
        authority.revoke(lab.client.name)
        return {"crl.pem": authority.crl()}


FAULTS = (
    with_files(
        "wrong-ca",
        "the client trusts another authority than the one that signed the server's certificate",
        "client",
        another_authority,
        "client:ca=wrong-ca/ca.crt",
    ),
    with_files(
        "expired-certificate",
        "the client's certificate is no longer valid",
        "client",
        certificate("client", starts_in=-2 * VALID_DAYS),
        "client:cert=expired-certificate/own.crt",
        "client:key=expired-certificate/own.key",
    ),
    with_files(
        "not-yet-valid-certificate",
        "the server's certificate is not valid yet",
        "server",
        certificate("server", starts_in=VALID_DAYS),
        "server:cert=not-yet-valid-certificate/own.crt",
        "server:key=not-yet-valid-certificate/own.key",
        restarts=("client", "server"),
    ),
    with_files(
        "wrong-usage",
        "the server shows a certificate that was issued for a client",
        "server",
        posing_as_server,
        "server:cert=wrong-usage/own.crt",
        "server:key=wrong-usage/own.key",
        restarts=("client", "server"),
    ),
    Fault(
        "wrong-name",
        "the client waits for a server of another name",
        sets=("client:verify-x509-name=another name",),
    ),
    with_files(
        "revoked-certificate",
        "the client's certificate is on the server's revocation list",
        "server",
        revocation_list,
        "server:crl-verify=revoked-certificate/crl.pem",
        restarts=("client", "server"),
    ),
    with_files(
        "wrong-password",
        "the client's user gives a password that the server's script does not know",
        "client",
        lambda _lab: {"user": PASSWORD},
        "client:auth-user-pass=wrong-password/user",
        "server:script-security=2",
        f"server:auth-user-pass-verify={VERIFY} via-file",
        restarts=("client", "server"),
    ),
    with_files(
        "key-mismatch",
        "the client's private key belongs to another certificate",
        "client",
        key_of_another,
        "client:key=key-mismatch/own.key",
    ),
    Fault(
        "clock-skew",
        "the client's clock is 400 days behind: nothing that is valid now was valid then",
        clocks=("client=-400d",),
    ),
)
