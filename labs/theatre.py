"""What `lab scenario list` and `lab scenario run` do."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from labs import commands, doctor, playing, report, scenarios
from labs.errors import LabError
from labs.scenario import Pair, Scenario
from labs.settings import Settings


def listing(*, as_json: bool) -> None:
    """All scenarios by chapter, one line each."""
    known = scenarios.everything().values()
    if as_json:
        commands.print_json(
            [
                {
                    "name": one.name,
                    "chapter": scenarios.CHAPTERS[one.chapter],
                    "says": one.says,
                    "topology": one.topology,
                    "programs": [
                        {"client": client, "server": server} for client, server in one.pairs
                    ],
                    "howto": one.howto,
                }
                for one in known
            ]
        )
        return
    width = max(len(one.name) for one in known)
    for chapter, title in scenarios.CHAPTERS.items():
        report.output.print(Text(title, style="bold"))
        for one in known:
            if one.chapter == chapter:
                report.output.print(f"  {one.name:<{width}}  {one.says}", markup=False)
    report.output.print(f"\n{len(known)} scenarios")


def run(name: str, pair: Pair, backend: str, *, keep: bool, pcap: str | None) -> None:
    """Play one, line by line."""
    chosen = scenarios.find(name)
    _require(chosen, pair)
    doctor.require(Settings.of(*pair, speed=chosen.speed), backend)
    lab = chosen.name[:31]
    report.output.print(Text(chosen.text), style="italic")
    report.output.print()
    seconds = playing.play(
        chosen, pair, lab, keep=keep, pcap=Path(pcap) if pcap else None,
        tell=lambda line: report.output.print(line, markup=False), backend=backend,
    )  # fmt: skip
    report.output.print(f"\nplayed in {seconds:.1f} s")
    if keep:
        report.output.print(f"lab {lab} is up: {report.program()} status --name {lab}")


def _require(chosen: Scenario, pair: Pair) -> None:
    if pair in chosen.pairs:
        return
    able = ", ".join(f"--client {client} --server {server}" for client, server in chosen.pairs)
    raise LabError(
        f"scenario {chosen.name}",
        f"can't be played with --client {pair[0]} --server {pair[1]}",
        able,
    )
