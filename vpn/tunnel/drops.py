"""How a dropped datagram shows in the log: the stock program's words, at its levels."""

from __future__ import annotations

from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.trace import NOTICE, PeerLog, Tracer

LOUD = {
    Drop.UNWRAP: "TLS Error: {detail} from {address}",
    Drop.UNKNOWN_OPCODE: "TLS Error: unknown opcode received from {address} {detail}",
    Drop.WRONG_ROLE: (
        "TLS Error: client->client or server->server connection attempted from {address}"
    ),
    Drop.UNKNOWN_KEY: "TLS Error: local/remote TLS keys are out of sync: {address} ({detail})",
    Drop.WRONG_ADDRESS: (
        "TCP/UDP: Incoming packet rejected from {address}, expected peer address: {detail} (allow "
        "this incoming source address/port by removing --remote or adding --float)"
    ),
}
FORGED = "AEAD Decrypt error: packet tag authentication failed"
REPLAY = (
    "%s: bad packet ID (may be a replay): [ #%s ] -- see the man page entry for "
    "--replay-window for more info or silence this warning with --mute-replay-warnings"
)
REPLAYS = (Drop.REPLAY, Drop.CONTROL_REPLAY)
DECRYPTION = ("decryption-error", "Fatal decryption error (process_incoming_link), restarting")
TLS = ("tls-error", "Fatal TLS error (check_tls_errors_co), restarting")
FATAL_OVER_TCP = {  # a stream can't lose, change or repeat anything by itself
    Drop.AUTH: DECRYPTION,
    Drop.REPLAY: DECRYPTION,
    Drop.UNWRAP: TLS,
    Drop.CONTROL_REPLAY: TLS,
    Drop.UNKNOWN_OPCODE: TLS,
    Drop.WRONG_ROLE: TLS,
    Drop.MALFORMED: TLS,
}


def log_drop(
    log: PeerLog, problem: PacketError, address: Address, *, mute: bool, tracer: Tracer, now: float
) -> None:
    """One line for one dropped datagram, and a record of it if a tracer wants one."""
    reason, detail = problem.reason, problem.detail
    if tracer.enabled:
        tracer.record("dropped", now, reason=reason.value, detail=detail, remote=str(address))
    if reason in REPLAYS:
        what, _, which = detail.rpartition(": #")
        if not mute:
            log.log(NOTICE, REPLAY, what, which)
        return
    if problem.cause:
        log.log(NOTICE, "%s", problem.cause)
    if reason in LOUD:
        log.log(NOTICE, "%s", LOUD[reason].format(address=address, detail=detail))
    elif reason is Drop.AUTH:
        log.debug("%s", detail or FORGED)
    else:
        log.debug("dropped from %s: %s", address, problem)


def stream_ending(problem: PacketError, address: Address) -> tuple[str, str] | None:
    """(reason, log line) if a TCP connection must be given up after this."""
    return FATAL_OVER_TCP.get(problem.reason) if address.connection else None
