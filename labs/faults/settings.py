"""Faults of configuration: the two ends do not want the same, or one wants what there is not."""

from __future__ import annotations

from labs.faults.fault import Fault

BOTH = ("client", "server")

FAULTS = (
    Fault(
        "wrong-dev",
        "the client has a tap, the server a tun",
        sets=("client:dev=tap",),
    ),
    Fault(
        "wrong-cipher",
        "there is no data cipher that both ends have",
        sets=("client:cipher=AES-128-GCM", "server:cipher=AES-256-GCM"),
        restarts=BOTH,
    ),
    Fault(
        "wrong-tls-version",
        "the client wants TLS 1.3 at least, the server TLS 1.2 at most",
        sets=("client:tls-version-min=1.3", "server:tls-version-max=1.2"),
        restarts=BOTH,
    ),
    Fault(
        "bad-directive",
        "the client's configuration has a word that is no directive",
        sets=("client:keepalife=10 60",),
    ),
)
