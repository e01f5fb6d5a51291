"""`make bench`: how fast the tunnel is, ours beside the stock program's, in one network.

    python -m tests.perf.bench [--quick] [--write] [MEASURE ...]        (as root)

Prints a table; with --write it goes to docs/performance.md, with a plot of the ratios. All
measures take about 40 minutes; --quick takes a sample of everything in less than two. Only on a
quiet machine do the figures mean anything; what counts are the ratios.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field

from labs.errors import LabError
from netns.errors import NetnsError
from tests.perf import report
from tests.perf.measures import FULL, MEASURES, QUICK, Figure, Measure, Pace
from tests.perf.site import STOCK, Pair, Site


@dataclass
class Result:
    """The values of one figure, a pair of them each round."""

    name: str
    figure: Figure
    pair: Pair
    stock: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Ours to stock's, round by round."""
        return [one / other for one, other in zip(self.ours, self.stock, strict=True)]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a sample of everything")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    parser.add_argument("measures", nargs="*", choices=[*MEASURES, []], metavar="MEASURE")
    asked = parser.parse_args()
    pace = QUICK if asked.quick else FULL
    results, failed = [], False
    for name in asked.measures or MEASURES:
        try:
            results += measure(name, MEASURES[name], pace)
        except (LabError, NetnsError, RuntimeError) as problem:  # what there is, is worth writing
            print(f"{name}: {problem}", file=sys.stderr)
            failed = True
    if asked.write:
        report.write(results, pace)
    return int(failed)


def measure(name: str, one: Measure, pace: Pace) -> list[Result]:
    """Round after round, stock's pair and ours in turn; each figure is printed as a line."""
    results = [Result(name, figure, one.pair) for figure in one.figures]
    site = Site(one.topology)
    try:
        for _ in range(pace.rounds):
            for pair in (STOCK, one.pair):
                values = take(site, one, pair, pace)
                for result, value in zip(results, values, strict=True):
                    (result.stock if pair == STOCK else result.ours).append(value)
    finally:
        site.destroy()
    for result in results:
        print(report.line(result), flush=True)
    return results


def take(site: Site, one: Measure, pair: Pair, pace: Pace) -> list[float]:
    """One measure with one pair of programs."""
    up = site.tunnel if one.needs_client else site.lab
    with up(pair, *one.sets) as lab:
        return list(one.take(lab, pace))


if __name__ == "__main__":
    sys.exit(main())
