"""Faults by name: what `lab break` puts into a lab and `lab heal` takes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from labs.build import wait_for
from labs.clock import Shift
from labs.errors import LabError
from labs.faults import control_keys, identity, life, lines, packets, path, routing, settings
from labs.faults.fault import Fault
from labs.settings import Setting

if TYPE_CHECKING:
    from pathlib import Path

    from labs.lab import Lab

MEET_SECONDS = 20.0

FAMILIES = (path, lines, control_keys, identity, settings, packets, routing, life)
FAULTS: dict[str, Fault] = {one.name: one for family in FAMILIES for one in family.FAULTS}


def find(name: str) -> Fault:
    """A fault by its name."""
    if name not in FAULTS:
        raise LabError(f'no fault "{name}"', fix="lab break --list")
    return FAULTS[name]


def present(lab: Lab) -> list[Fault]:
    """The faults that are in a lab, in the order in which they were put in."""
    file = _file(lab)
    return [find(name) for name in json.loads(file.read_text("utf-8"))] if file.exists() else []


def directives(lab: Lab) -> list[Setting]:
    """What the faults that are in a lab change in its configuration."""
    return [Setting.parse(text) for fault in present(lab) for text in fault.sets]


def clocks(lab: Lab) -> list[Shift]:
    """How far the faults that are in a lab put its programs' clocks off."""
    return [Shift.parse(text) for fault in present(lab) for text in fault.clocks]


def inject(lab: Lab, name: str) -> Fault:
    """Put a fault in. Who runs already reads its configuration when it starts anew."""
    fault = find(name)
    if fault.topology != lab.topology.name:
        raise LabError(
            f"fault {name} is for topology {fault.topology}", f"this lab is {lab.topology.name}"
        )
    there = present(lab)
    if fault in there:
        raise LabError(f"fault {name} is in lab {lab.name} already", fix="lab heal")
    fault.inject(lab)
    _write(lab, [*there, fault])
    return fault


def meet(lab: Lab, fault: Fault) -> None:
    """Start the ends anew that are to meet a fault, and wait until it can be met."""
    lab.restart(fault.restarts)
    wait_for(lambda: fault.shows(lab), MEET_SECONDS, f"fault {fault.name} to show")


def heal(lab: Lab, name: str | None = None) -> list[Fault]:
    """Take one fault out, or all, the last one first; return which."""
    there = present(lab)
    if name is not None and find(name) not in there:
        raise LabError(
            f"fault {name} is not in lab {lab.name}",
            f"it has {', '.join(one.name for one in there) or 'none'}",
        )
    healed = [fault for fault in reversed(there) if name in {None, fault.name}]
    for fault in healed:
        fault.heal(lab)
    _write(lab, [fault for fault in there if fault not in healed])
    return healed


def _file(lab: Lab) -> Path:
    return lab.sandbox.directory / "faults.json"


def _write(lab: Lab, faults: list[Fault]) -> None:
    _file(lab).write_text(json.dumps([fault.name for fault in faults]), encoding="utf-8")
    lab.write_configs()
