"""Faults of clients and servers among each other: names, addresses, programs that stand still."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from labs.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from labs.lab import Lab

BOTH = ("client", "server")
TWO_ADDRESSES = (
    "server:-server",
    "server:mode=server",
    "server:tls-server",
    "server:ifconfig=10.8.0.1 255.255.255.0",
    "server:ifconfig-pool=10.8.0.2 10.8.0.3",
    "server:push=topology subnet",
    "server:push=route-gateway 10.8.0.1",
)
NO_ADDRESS = "no free --ifconfig-pool addresses are available"
SAME_NAME = "will cause previous active sessions by this client to be dropped"


def signalled(number: signal.Signals) -> Callable[[Lab], None]:
    """The server's program gets a signal."""

    def inject(lab: Lab) -> None:
        process = lab.server.process
        if process is not None:
            process.send_signal(number)

    return inject


def one_is_left_out(lab: Lab) -> bool:
    """Has a client come for whom there is no address?"""
    return NO_ADDRESS in lab.server.log_text()


def one_is_thrown_out(lab: Lab) -> bool:
    """Have both clients connected, one after the other?"""
    is_up = all(client.state == "up" for client in lab.clients)
    return is_up and SAME_NAME in lab.server.log_text()


def first_again(lab: Lab) -> None:
    """Start the client anew that was thrown out and has not noticed."""
    lab.client.stop()
    lab.client.start()


FAULTS = (
    Fault(
        "server-stopped",
        "the VPN on the server is stopped (SIGSTOP): it is there and does nothing",
        inject=signalled(signal.SIGSTOP),
        heal=signalled(signal.SIGCONT),
        restarts=(),
    ),
    Fault(
        "pool-exhausted",
        "the server has two addresses to give, and three clients come",
        sets=TWO_ADDRESSES,
        restarts=BOTH,
        shows=one_is_left_out,
        topology="three-sites",
    ),
    Fault(
        "duplicate-certificate",
        "two clients use one certificate: the server knows them by its name",
        sets=("client-b:cert=../client-a/client-a.crt", "client-b:key=../client-a/client-a.key"),
        heal=first_again,
        restarts=("client-b",),  # both at once might meet in mid-handshake
        shows=one_is_thrown_out,
        topology="two-clients",
    ),
)
