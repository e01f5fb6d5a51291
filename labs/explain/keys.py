"""The keys that wrap the control channel: the server is silent, and only its log tells why.

A server with tls-auth or tls-crypt answers nobody whose packets it can't verify. That the packet
came, and what is wrong with it, is in the lines that the server wrote while it was asked. Whether
it is the key or only its direction was found by asking once more, with the other directions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labs.explain import trail
from labs.explain.diagnosis import Diagnosis, Kind
from labs.statistics import evidence_of_drops
from vpn.errors import Drop

if TYPE_CHECKING:
    from labs.explain.path import Probe
    from labs.lab import Lab

NO_HMAC = re.compile(r"cannot locate HMAC in incoming packet")
BAD_HMAC = re.compile(r"packet HMAC authentication failed")
NO_TLS_CRYPT = re.compile(r"tls-crypt unwrap error: packet too short")
BAD_TLS_CRYPT = re.compile(r"tls-crypt unwrap error: packet authentication failed")


def refused(lab: Lab, asked: Probe) -> Diagnosis | None:
    """What is wrong with the client's keys, if that is why nobody answered."""
    if asked.is_answered or not asked.sent:
        return None
    if line := _line(asked, NO_HMAC):
        return _found(
            lab, asked, line, "missing-ta-key",
            "the server wants tls-auth, and the client's packets have no HMAC",
            "give the client the server's ta.key: tls-auth ta.key 1",
        )  # fmt: skip
    if line := _line(asked, NO_TLS_CRYPT):
        return _found(
            lab, asked, line, "missing-tls-crypt-key",
            "the server wants tls-crypt, and the client's packets are not encrypted",
            "give the client the server's key for tls-crypt",
        )  # fmt: skip
    if line := _line(asked, BAD_TLS_CRYPT):
        return _found(
            lab, asked, line, "wrong-tls-crypt-key",
            "the client's key for tls-crypt is not the server's",
            "give the client the server's key for tls-crypt",
        )  # fmt: skip
    if line := _line(asked, BAD_HMAC):
        return _key_or_direction(lab, asked, line)
    return None


def _line(asked: Probe, wanted: re.Pattern[str]) -> str | None:
    return next((line for line in asked.server_said if wanted.search(line)), None)


def _key_or_direction(lab: Lab, asked: Probe, line: str) -> Diagnosis:
    """With the right key, one of its directions is answered."""
    if asked.turned is not None:
        return _found(
            lab, asked, line, "wrong-ta-direction",
            "the keys for tls-auth are the same, but not used in opposite directions",
            f"the client's direction must be {asked.turned}",
            f"asked with direction {asked.turned}, the server answers",
        )  # fmt: skip
    return _found(
        lab, asked, line, "wrong-ta-key",
        "the client's key for tls-auth is not the server's",
        "give the client the server's ta.key",
        "no direction of the client's key is answered",
    )  # fmt: skip


def _found(
    lab: Lab, asked: Probe, line: str, cause: str, sentence: str, fix: str, *evidence: str
) -> Diagnosis:
    first = trail.outgoing(asked)
    return Diagnosis(
        Kind.WRAP, cause, sentence, fix, node=lab.server.name,
        packet=first.last.packet.summary() if first else "",
        evidence=(
            f"{lab.server.name} says, as it is asked: {line}",
            *evidence,
            *evidence_of_drops(lab.server, Drop.UNWRAP.value),
        ),
    )  # fmt: skip
