"""Faults of the keys that wrap the control channel: tls-auth and tls-crypt.

To whom the wrapping is wrong says nothing to the other end: these are the silent faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.faults.fault import Fault
from labs.faults.identity import Files, with_files

if TYPE_CHECKING:
    from labs.lab import Lab

BOTH = ("client", "server")


def another_key(_lab: Lab) -> Files:
    """A static key that the server has never seen."""
    from vpn.pki.static_key import generate

    return {"another.key": generate().encode()}


FAULTS = (
    with_files(
        "wrong-ta-key",
        "the client's key for tls-auth is not the server's",
        "client",
        another_key,
        "server:tls-auth=ta.key 0",
        "client:tls-auth=wrong-ta-key/another.key 1",
        restarts=BOTH,
    ),
    Fault(
        "missing-ta-key",
        "the server wants tls-auth, the client knows nothing of it",
        sets=("server:tls-auth=ta.key 0",),
        restarts=BOTH,
    ),
    Fault(
        "wrong-ta-direction",
        "both ends use the key for tls-auth in the same direction",
        sets=("tls-auth=ta.key 0",),
        restarts=BOTH,
    ),
    with_files(
        "wrong-tls-crypt-key",
        "the client's key for tls-crypt is not the server's",
        "client",
        another_key,
        "server:tls-crypt",
        "client:tls-crypt=wrong-tls-crypt-key/another.key",
        restarts=BOTH,
    ),
    Fault(
        "missing-tls-crypt-key",
        "the server wants tls-crypt, the client knows nothing of it",
        sets=("server:tls-crypt",),
        restarts=BOTH,
    ),
)
