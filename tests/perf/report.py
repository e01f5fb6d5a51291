"""The results of a bench: a line each, a Markdown table, a plot."""

from __future__ import annotations

import platform
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from tests.perf import budget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.perf.bench import Result
    from tests.perf.measures import Pace

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, PLOT = DOCS / "performance.md", DOCS / "performance.svg"
BENCH, BUDGET = "bench", "budget"  # what stands between `<!-- bench -->` and `<!-- /bench -->`


def line(result: Result) -> str:
    """`one TCP stream, to the server  ours/ours  445 1810 Mbit/s  4.07 (3.9 to 4.2)  >= 4`."""
    ratios, figure = result.ratios, result.figure
    median = statistics.median(ratios)
    wanted = f"{'>=' if figure.more_is_better else '<='} {figure.limit:g}"
    verdict = "" if figure.is_met(median) else "  MISSED"
    return (
        f"{figure.title:52} {result.pair!s:16} {_value(result.stock)} {_value(result.ours)} "
        f"{figure.unit:7} {median:5.2f} ({min(ratios):.2f} to {max(ratios):.2f})  {wanted}{verdict}"
    )


def _value(values: Sequence[float]) -> str:
    median = statistics.median(values)
    return f"{median:9.0f}" if median >= 100 else f"{median:9.3g}"


def write(results: list[Result], pace: Pace) -> None:
    """Put the table, the plot and the budget into the documentation."""
    _put(BENCH, table(results, pace))
    PLOT.write_bytes(plot(results))
    _put(BUDGET, budget.tables())


def _put(name: str, content: str) -> None:
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n{content}{end}{after}", encoding="utf-8")


def table(results: list[Result], pace: Pace) -> str:
    """Medians of each pair, and the ratio with its spread."""
    head = (
        f"Medians of {pace.rounds} rounds; Linux {platform.release()}, "
        f"Python {platform.python_version()}.\n\n"
        "| measure | programs | stock/stock | ours | | ratio | least to most | wanted |\n"
        "|---|---|---:|---:|---|---:|---:|---:|\n"
    )
    return head + "".join(map(_row, results))


def _row(result: Result) -> str:
    ratios, figure = result.ratios, result.figure
    median = statistics.median(ratios)
    shown = f"{median:.2f}" if figure.is_met(median) else f"**{median:.2f}**"
    wanted = f"{'≥' if figure.more_is_better else '≤'} {figure.limit:g}"
    return (
        f"| {figure.title} | {result.pair} | {_value(result.stock).strip()} | "
        f"{_value(result.ours).strip()} | {figure.unit} | {shown} | "
        f"{min(ratios):.2f} to {max(ratios):.2f} | {wanted} |\n"
    )


def plot(results: list[Result]) -> bytes:
    """Ratios as bars; less than 1 is drawn from 1 to the left."""
    from pygal import Config, HorizontalBar

    chart = HorizontalBar(
        Config(js=[], show_legend=False, print_values=True, height=40 * len(results) + 100)
    )
    chart.title = "ours : stock (1 is equal)"
    chart.x_labels = [f"{result.figure.title} ({result.pair})" for result in reversed(results)]
    ratios = [statistics.median(result.ratios) for result in reversed(results)]
    chart.add("ratio", [round(ratio, 2) for ratio in ratios])
    rendered: bytes = chart.render()
    return rendered
