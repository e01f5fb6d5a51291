"""How a dropped datagram shows in the log: the stock program's words, at its levels."""

from __future__ import annotations

from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.trace import NOTICE, PeerLog, Tracer

REPLAY = (
    "%s: bad packet ID (may be a replay): [ #%s ] -- see the man page entry for "
    "--replay-window for more info or silence this warning with --mute-replay-warnings"
)
FATAL_OVER_TCP = frozenset({Drop.AUTH, Drop.REPLAY})  # a stream can't lose or repeat by itself


def log_drop(
    log: PeerLog, problem: PacketError, address: Address, *, mute: bool, tracer: Tracer, now: float
) -> None:
    """One line for one dropped datagram, and a record of it if a tracer wants one."""
    if tracer.enabled:
        reason = problem.reason.value
        tracer.record("dropped", now, reason=reason, detail=problem.detail, remote=str(address))
    if problem.reason is Drop.UNWRAP:
        log.log(NOTICE, "TLS Error: %s from %s", problem.detail, address)
    elif problem.reason is Drop.CONTROL_REPLAY and not mute:
        log.log(NOTICE, REPLAY, *problem.detail.split(": #", 1))
    elif problem.reason is Drop.REPLAY and not mute:
        log.log(NOTICE, REPLAY, "AEAD Decrypt error", problem.detail)
    else:
        log.debug("dropped from %s: %s", address, problem)


def ends_stream(problem: PacketError, address: Address) -> bool:
    """Must a TCP connection be given up after this?"""
    return bool(address.connection) and problem.reason in FATAL_OVER_TCP
