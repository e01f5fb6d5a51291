"""What `lab break`, `lab heal` and `lab explain` do."""

from __future__ import annotations

from rich.text import Text

from labs import commands, faults, report
from labs.explain import Diagnosis, Kind
from labs.explain import explain as explained

TUNNEL_SECONDS = 20.0


def listing() -> None:
    """Say which faults there are."""
    width = max(map(len, faults.FAULTS))
    for fault in faults.FAULTS.values():
        report.output.print(f"  {fault.name:<{width}}  {fault.says}")


def break_(name: str | None, fault_name: str) -> None:
    """Put a fault in; the ends that are to meet it start anew."""
    lab = commands.chosen(name)
    fault = faults.inject(lab, fault_name)
    faults.meet(lab, fault)
    report.output.print(f"lab {lab.name}: {fault.says}")
    report.output.print(
        f"{report.program()} explain says what can be seen of it, {report.program()} heal ends it"
    )


def heal(name: str | None, fault_name: str | None) -> None:
    """Take faults out and bring the tunnel back."""
    lab = commands.chosen(name)
    healed = faults.heal(lab, fault_name)
    if not healed:
        report.output.print(f"lab {lab.name} has no fault")
        return
    lab.restart({role for fault in healed for role in fault.restarts})
    report.output.print(f"lab {lab.name}: healed {', '.join(fault.name for fault in healed)}")
    if not faults.present(lab):
        for end in lab.ends:
            end.wait_up(TUNNEL_SECONDS)
        report.output.print("the tunnel is up")


def explain(name: str | None, source: str | None, target: str | None, *, as_json: bool) -> int:
    """Say what is wrong; the exit code is its class."""
    found = explained(commands.chosen(name), source, target)
    if as_json:
        commands.print_json(found.as_dict())
    else:
        _show(found)
    return int(found.kind)


def _show(found: Diagnosis) -> None:
    style = (
        "green" if found.kind is Kind.NOTHING else "yellow" if found.cause == "unknown" else "red"
    )
    report.output.print(Text.assemble((found.cause, f"bold {style}"), f": {found.sentence}"))
    for label, value in (("node", found.node), ("rule", found.rule), ("packet", found.packet)):
        if value:
            report.output.print(Text(f"  {label:<7} {value}"))
    for line in found.evidence:
        report.output.print(Text(f"  seen    {line}", style="dim"))
    if found.fix:
        report.output.print(Text.assemble("  do      ", (found.fix, "bold")))
