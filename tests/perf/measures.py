"""What is measured, and how good it has to be: ours beside the stock program.

A measure is taken once with each pair of programs in a round. Its figures are compared within the
round, because a machine's speed drifts from one minute to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.perf import loads
from tests.perf.site import BRIDGED, OURS, OURS_CLIENT, OURS_SERVER, ROUTED, Pair

if TYPE_CHECKING:
    from labs.lab import Lab
    from labs.topology import Topology


@dataclass(frozen=True)
class Pace:
    """How much of everything."""

    rounds: int = 5
    seconds: int = 6  # of each stream; iperf3 takes whole ones
    pings: int = 1000
    search_steps: int = 5  # for the highest rate
    crowd: int = 500  # clients
    idle: int = 200  # beside a busy one


FULL = Pace()
QUICK = Pace(rounds=1, seconds=1, pings=250, search_steps=2, crowd=40, idle=20)


@dataclass(frozen=True)
class Figure:
    """One number of a measure. `limit` is what the ratio ours : stock should reach, or keep to."""

    title: str
    unit: str
    limit: float
    more_is_better: bool = True

    def is_met(self, ratio: float) -> bool:
        """Is this good enough?"""
        return ratio >= self.limit if self.more_is_better else ratio <= self.limit


Take = Callable[["Lab", Pace], Sequence[float]]


@dataclass(frozen=True)
class Measure:
    """How figures are taken, with which settings, and who plays against stock/stock."""

    figures: tuple[Figure, ...]
    take: Take
    sets: tuple[str, ...] = ()
    pair: Pair = OURS
    topology: Topology = ROUTED
    needs_client: bool = True


def _streams(*directions: tuple[str, ...], to: str = loads.INSIDE, at: str = "server") -> Take:
    """A stream for each of these options of iperf3."""

    def take(lab: Lab, pace: Pace) -> list[float]:
        return [loads.stream(lab, pace.seconds, *one, to=to, at=at)[0] for one in directions]

    return take


def _stream_and_cost(lab: Lab, pace: Pace) -> list[float]:
    up, cost_up = loads.stream(lab, pace.seconds)
    down, cost_down = loads.stream(lab, pace.seconds, "-R")
    return [up, down, (cost_up + cost_down) / 2]


def _small(lab: Lab, pace: Pace) -> list[float]:
    seconds = max(1, pace.seconds // 3)
    return [loads.highest_rate(lab, seconds, 5_000, 40_000, pace.search_steps)]


def _with_idle_clients(lab: Lab, pace: Pace) -> list[float]:
    """A stream beside many idle clients; in parts of one without them."""
    alone = loads.stream(lab, pace.seconds)[0]
    with loads.crowd(lab, pace.idle):
        return [loads.stream(lab, pace.seconds)[0] / alone]


UP, DOWN, BOTH, FOUR = (), ("-R",), ("--bidir",), ("-P", "4")
CROWD = (
    "server:server=10.8.0.0 255.255.0.0", "server:duplicate-cn", "server:max-clients=1000",
    "server:connect-freq-initial=100000 1",
)  # fmt: skip
more = partial(Figure, unit="Mbit/s")

MEASURES: dict[str, Measure] = {
    "udp": Measure(
        (
            more("one TCP stream, to the server", limit=4),
            more("one TCP stream, to the client", limit=4),
            Figure("processor for it, both ends", "s/GB", 0.3, more_is_better=False),
        ),
        _stream_and_cost,
    ),
    "tcp": Measure(
        (more("over TCP, to the server", limit=4), more("over TCP, to the client", limit=4)),
        _streams(UP, DOWN),
        ("proto=tcp",),
    ),
    "chacha": Measure(
        (more("ChaCha20-Poly1305, to the server", limit=3),
         more("ChaCha20-Poly1305, to the client", limit=3)),
        _streams(UP, DOWN),
        ("data-ciphers=CHACHA20-POLY1305",),
    ),
    "four": Measure((more("four streams", limit=3.5),), _streams(FOUR)),
    "both": Measure((more("both directions at once", limit=3.5),), _streams(BOTH)),
    "ipv6": Measure(
        (more("IPv6 inside", limit=4),),
        _streams(UP, to="fd00:8::1"),
        ("server:server-ipv6=fd00:8::/64",),
    ),
    "our-client": Measure(
        (more("our client, stock server", limit=1.1),), _streams(UP), pair=OURS_CLIENT
    ),
    "our-server": Measure(
        (more("stock client, our server", limit=1.1),), _streams(UP), pair=OURS_SERVER
    ),
    "tap": Measure(
        (more("tap in a bridge", limit=1),),
        _streams(UP, to="10.20.0.10", at="files"),
        topology=BRIDGED,
    ),
    "small": Measure((Figure("64-byte UDP, under 1 % lost", "1/s", 1),), _small),
    "ping": Measure(
        (Figure("ping p50, idle", "ms", 1.3, more_is_better=False),
         Figure("ping p99, idle", "ms", 1.5, more_is_better=False)),
        lambda lab, pace: loads.ping(lab, pace.pings),
    ),
    "loaded-ping": Measure(
        (Figure("ping p99 beside a stream", "ms", 1, more_is_better=False),),
        lambda lab, pace: [loads.ping_beside_a_stream(lab, pace.seconds)],
    ),
    "crowd": Measure(
        (Figure("full handshakes, a second of the server's processor", "1/s", 0.5),
         Figure("memory for each client", "B", 1.5, more_is_better=False)),
        lambda lab, pace: loads.handshakes(lab, pace.crowd),
        CROWD,
        needs_client=False,
    ),
    "idle": Measure(
        (Figure("a stream beside idle clients, in parts of one alone", "", 0.9),),
        _with_idle_clients,
        CROWD,
    ),
}  # fmt: skip
