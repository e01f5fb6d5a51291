"""Faults of single packets: one of a handshake is lost, or every so many; seeded, so it's the same.

The protocol gets over them by saying again what was not acknowledged, so they leave little to find.
"""

from __future__ import annotations

import random

from labs.build import Rule, Verdict
from labs.faults.fault import Fault
from labs.faults.path import as_planned, in_front
from vpn.wire.opcodes import OPCODE_SHIFT, Opcode

PORT = 1194
SEED, PERCENT = 1, 5
ROUND = 1000  # after so many packets the same ones are lost again
PAYLOAD = 64  # where that of a UDP datagram begins, in bits
OPCODE_BITS = 8 - OPCODE_SHIFT
FOREVER = 2**32 - 1  # the counter of a rule does not come round


def nth_of(opcode: Opcode, number: int) -> str:
    """Match the UDP datagram with this opcode that is the so-manieth, counted from 1."""
    return f"@th,{PAYLOAD},{OPCODE_BITS} {opcode} numgen inc mod {FOREVER} {number - 1}"


def some(percent: float, seed: int) -> str:
    """Match so many of a hundred packets; which ones, the seed says."""
    chosen = sorted(random.Random(seed).sample(range(ROUND), round(ROUND * percent / 100)))
    return f"numgen inc mod {ROUND} {{ {', '.join(map(str, chosen))} }}"


def losing(percent: float, seed: int) -> tuple[Rule, Rule]:
    """Rules that take so many of the tunnel's packets, in each direction for itself."""
    return (
        Rule(
            "loss-to-server", Verdict.DROP, proto="udp", destination_port=PORT,
            match=some(percent, seed),
        ),
        Rule(
            "loss-to-client", Verdict.DROP, proto="udp", source_port=PORT,
            match=some(percent, seed + 1),
        ),
    )  # fmt: skip


FAULTS = (
    Fault(
        "lose-control",
        "the second P_CONTROL_V1 from the server is lost on the way",
        inject=in_front(
            Rule(
                "lose-control", Verdict.DROP, proto="udp", source_port=PORT,
                match=nth_of(Opcode.P_CONTROL_V1, 2),
            )
        ),
        heal=as_planned,
        is_overcome=True,
    ),
    Fault(
        "loss",
        f"{PERCENT} % of the tunnel's packets are lost on the way, in each direction",
        inject=in_front(*losing(PERCENT, SEED)),
        heal=as_planned,
        is_overcome=True,
    ),
)  # fmt: skip
