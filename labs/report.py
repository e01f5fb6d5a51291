"""What the `lab` program prints: steps as they are taken, drawings, states, what to try next."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.text import Text

from labs import drawing, observe
from labs.doctor import OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.status import Status as Spinner

    from labs.build import Fact
    from labs.lab import Lab, Status
    from labs.topology import Topology

ADDRESS = r"\b\d+\.\d+\.\d+\.\d+(/\d+)?\b"
TUNNEL = r"=+\+|(?<= )\|(?=$|  )|\btu?a?[np]\d+\s+[\d.]+"
FOUND = {"ok": "green", "missing": "red", "absent": "yellow"}
STATE_STYLES = {"up": "green", "connecting": "yellow", "reconnecting": "yellow"}

output = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def since_command(moment: float) -> float:
    """How long after this program was started a moment of the monotonic clock was, in seconds."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    running = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    return running - (time.monotonic() - moment)


def program() -> str:
    """This program as the user can type it again."""
    called = Path(sys.argv[0])
    if called.name != "lab":
        return "lab"
    found = shutil.which("lab")
    if found is not None and Path(found).resolve() == called.resolve():
        return "lab"
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(called)


class Steps:
    """Shows the step under way, and each that is done with the time it took."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._spinner: Spinner | None = None
        self._step = ""
        self._since = 0.0

    def __enter__(self) -> Self:
        return self

    def __call__(self, step: str) -> None:
        """Begin a step, which ends the one before."""
        self._finish()
        self._step, self._since = step, time.monotonic()
        if errors.is_terminal and not self._is_quiet:
            self._spinner = errors.status(step)
            self._spinner.start()

    def _finish(self) -> None:
        self._stop()
        if self._step and not self._is_quiet:
            errors.print(f"  {self._step:<48} {time.monotonic() - self._since:5.2f} s")
        self._step = ""

    def _stop(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._finish()
        else:
            self._stop()


# --- drawings ---------------------------------------------------------------------------------


def draw(lab: Lab) -> None:
    """Print a lab with the addresses that it has at this moment."""
    live = observe.all_addresses(lab.nodes)
    _print_drawing(drawing.text(lab.topology, live, tunnel_label(lab)))


def draw_plan(topology: Topology) -> None:
    """Print a topology that nobody has brought up."""
    _print_drawing(drawing.text(topology))


def tunnel_label(lab: Lab) -> str:
    proto = lab.settings.value("proto", "client", "udp")[:3]
    return f"{proto}/{lab.topology.vpn.port}"


def _print_drawing(text: str) -> None:
    shown = Text(text)
    shown.highlight_regex(r"(?m)^  \w[\w-]*", "bold")
    shown.highlight_regex(ADDRESS, "cyan")
    shown.highlight_regex(TUNNEL, "green")
    output.print(shown)


# --- states -----------------------------------------------------------------------------------


def show_status(status: Status) -> None:
    """Print the state of a lab and of its ends."""
    word = Text("up" if status.is_up else "not up", style="green" if status.is_up else "yellow")
    rights = ", rootless" if status.rootless else ""
    clocks = clock_words(status.settings)
    kept = f"holder pid {status.pid}" if status.pid else f"backend {status.backend}"
    output.print(
        Text.assemble(
            (f"lab {status.name}", "bold"),
            f": topology {status.topology}, tunnel ", word,
            f"{clocks}, {kept}{rights}",
        )
    )  # fmt: skip
    for end in status.ends:
        style = STATE_STYLES.get(end.state, "red")
        addresses = ", ".join(end.addresses) or "no tunnel address"
        pid = f"pid {end.pid}" if end.pid is not None else "no process"
        output.print(
            Text.assemble(
                f"  {end.role:<7} {end.node:<10} {end.program:<8} ", (f"{end.state:<13}", style),
                f"{addresses:<20} {pid}",
            )
        )  # fmt: skip
        if end.last_words:
            output.print(Text(f"          {end.last_words}", style="dim"))
    output.print(Text(f"  files in {status.directory}", style="dim"))


def clock_words(settings: Mapping[str, Any]) -> str:
    """What is unusual about the clocks of a lab's programs."""
    speed = settings.get("speed", 1)
    words = [f"speed {speed:g}"] if speed != 1 else []
    words += [f"clock {shift}" for shift in settings.get("clocks", ())]
    return "".join(f", {word}" for word in words)


def show_facts(facts: Iterable[Fact]) -> None:
    """Print what the doctor found, and the fix for what is missing."""
    for fact in facts:
        word = _found(fact)
        shown = Text.assemble((f"  {word:<8}", FOUND[word]), f"{fact.name:<14} {fact.detail}")
        output.print(shown)
        if fact.fix and not fact.is_met:
            output.print(Text.assemble(f"{'fix: ':>25}", (fact.fix, "bold")))


def _found(fact: Fact) -> str:
    """In a word; `absent` is what a lab comes up without."""
    if fact.is_met:
        return "ok"
    return "absent" if fact.name in OPTIONAL else "missing"


def print_facts(facts: Iterable[Fact]) -> None:
    """Print a line a fact with a tab between word, name, detail and fix; GitHub's errors, there."""
    for fact in facts:
        word = _found(fact)
        cells = (word, fact.name, fact.detail, "" if fact.is_met else fact.fix)
        print("\t".join(" ".join(cell.split()) for cell in cells))
        if word == "missing" and os.environ.get("GITHUB_ACTIONS") == "true":
            text = f"{fact.name} {fact.detail} ({fact.fix})" if fact.fix else fact.detail
            print(f"::error title=lab doctor::{' '.join(text.split()).replace('%', '%25')}")


def show_next(lab: Lab) -> None:
    """Print three things to try."""
    client, target = lab.topology.vpn.clients[0], lab.topology.vpn.target
    name = program()
    where = "" if lab.name == lab.topology.name else f" --name {lab.name}"
    others = [
        node.name
        for node in lab.topology.nodes
        if node.name not in {client, target, *lab.topology.vpn.servers} and node.is_router
    ]
    router = next((one for one in others if one == "internet"), others[0] if others else client)
    other = "openvpn" if lab.settings.server == "ours" else "ours"
    tries = (
        (f"{name} shell{where} {client}", f"a shell there: ping {target}; ip route"),
        (
            f"{name} exec{where} {router} tcpdump -ni eth0 port {lab.topology.vpn.port}",
            "what the way sees of it",
        ),
        (f"{name} up{where} --replace --server {other}", "the other program at the far end"),
    )
    width = max(len(command) for command, _why in tries)
    output.print("Try:")
    for command, why in tries:
        output.print(Text.assemble("  ", (f"{command:<{width}}", "bold"), f"  # {why}"))
