"""The commands of the `lab` program: what each does, once its words are understood."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import NoReturn

from labs import build, doctor, report, topologies
from labs.bringup import FirstPing, first_ping, mend, new_lab
from labs.errors import LabError
from labs.lab import Lab, Status
from labs.settings import Settings
from labs.topology import Topology


def up(
    topology: Topology,
    settings: Settings,
    *,
    name: str | None,
    replace: bool,
    keep: bool,
    seconds: float,
    as_json: bool,
    backend: str = "netns",
) -> None:
    """Bring a lab up, or say that it is; end with replies through its tunnel."""
    name = name or topology.name
    topology = settings.fitted(topology)
    doctor.require(settings, backend)
    build.sweep()
    with report.Steps(is_quiet=as_json) as steps:
        lab = _existing(name, topology, settings, backend, replace=replace)
        is_new = lab is None
        if lab is None:
            lab = new_lab(
                name, topology, settings,
                progress=steps, seconds=seconds, keep=keep, backend=backend,
            )  # fmt: skip
        else:
            mend(lab, progress=steps, seconds=seconds)
        steps(f"ping {topology.vpn.target} through the tunnel")
        ping = first_ping(lab)
    if as_json:
        print_json(
            {
                "new": is_new,
                "seconds_to_first_reply": round(report.since_command(ping.first_reply), 3),
                **lab.status().as_dict(),
            }
        )
    else:
        _show_up(lab, ping, is_new=is_new)


def _existing(
    name: str, topology: Topology, settings: Settings, backend: str, *, replace: bool
) -> Lab | None:
    """The lab of that name if it is what was asked for; None when there is none (any more)."""
    if name not in build.running():
        return None
    if replace:
        build.destroy(name)
        return None
    lab = _open(name)
    if lab.is_as(topology, settings) and lab.sandbox.backend == backend:
        return lab
    has = f"topology {lab.topology.name} {lab.settings}, backend {lab.sandbox.backend}"
    raise LabError(
        f"lab {name} is up with other settings", has, "--replace it, or give this one a --name"
    )


def _open(name: str) -> Lab:
    sandbox = build.open_sandbox(name)
    if not sandbox.state:
        raise LabError(f"lab {name}", "another `lab up` is at work on it", "wait for that one")
    sandbox.close()
    return Lab.open(name)


def _statuses() -> Iterator[Status]:
    """Of every lab; one that is on its way up or down has none, and says so."""
    for name in build.running():
        try:
            yield _open(name).status()
        except (LabError, build.NetnsError) as problem:
            report.errors.print(f"lab: {problem}", markup=False)


def _show_up(lab: Lab, ping: FirstPing, *, is_new: bool) -> None:
    seconds = report.since_command(ping.first_reply)
    for line in ping.lines:
        report.output.print(f"  {line}" if line else "")
    report.output.print()
    report.draw(lab)
    state = "is up" if is_new else "was up already"
    client, server = lab.settings.client, lab.settings.server
    clocks = report.clock_words(lab.settings.as_dict())
    report.output.print(
        f"\nLab {lab.name} {state}, client {client}, server {server}{clocks}: "
        f"first reply {seconds:.2f} s after the command.\n"
    )
    report.show_next(lab)


def down(name: str | None, *, everything: bool) -> None:
    """Take labs down; that none is up is no error."""
    running = list(build.running())
    names = running if everything else [name] if name else [_only(running)] if running else []
    for one in names:
        if one in running:
            build.destroy(one)
            report.output.print(f"lab {one} is down")
        else:
            report.output.print(f"lab {one} is not up")
    build.sweep()
    if not names:
        report.output.print("no lab is up")


def _only(running: Sequence[str]) -> str:
    """The lab that is meant when none is named."""
    if not running:
        raise LabError("no lab is up", fix=f"{report.program()} up")
    if len(running) > 1:
        if topologies.DEFAULT in running:
            return topologies.DEFAULT
        raise LabError("several labs are up", ", ".join(running), "say which: --name")
    return running[0]


def chosen(name: str | None) -> Lab:
    """The lab that is meant, by its name or because it is the only one."""
    return _open(name or _only(list(build.running())))


def status(name: str | None, *, as_json: bool) -> bool:
    """Say what state a lab is in; True if its tunnel is up."""
    found = chosen(name).status()
    if as_json:
        print_json(found.as_dict())
    else:
        report.show_status(found)
    return found.is_up


def listing(*, as_json: bool) -> None:
    """Say which labs are up, and what could be."""
    running = list(_statuses())
    if as_json:
        plans = {name: topologies.find(name).title for name in topologies.NAMES}
        print_json({"labs": [one.as_dict() for one in running], "topologies": plans})
        return
    for one in running:
        report.show_status(one)
    if not running:
        report.output.print("no lab is up")
    report.output.print("\ntopologies:")
    width = max(map(len, topologies.NAMES))
    for name in topologies.NAMES:
        report.output.print(f"  {name:<{width}}  {topologies.find(name).title}")


def execute(name: str | None, node: str, argv: Sequence[str]) -> NoReturn:
    """Become a program on a node: its input, output, signals and exit code are ours."""
    whole = [*chosen(name)[node].enter_argv(), *argv]
    _become(whole, dict(os.environ))


def shell(name: str | None, node: str) -> NoReturn:
    """Become a shell on a node."""
    lab = chosen(name)
    program = ["bash", "--norc", "--noprofile"] if shutil.which("bash") else ["sh"]
    environment = {**os.environ, "PS1": f"{lab.name} {node}:$PWD\\$ "}
    _become([*lab[node].enter_argv(), *program], environment)


def _become(argv: Sequence[str], environment: dict[str, str]) -> NoReturn:
    environment["PATH"] = build.path_with_sbin(environment)
    try:
        os.execvpe(argv[0], list(argv), environment)
    except OSError as error:
        raise LabError(f"cannot run {argv[0]}", error.strerror or str(error)) from None


def graph(name: str | None, topology: str | None) -> None:
    """Draw the lab that is up, or a topology that need not be."""
    if topology is not None:
        plan = topologies.find(topology)
        if plan.drawing:
            report.output.print(f"{plan.drawing}\n", markup=False)
        report.draw_plan(plan)
    else:
        report.draw(chosen(name))


def examine(*, as_json: bool, for_ci: bool = False) -> bool:
    """Look for what is missing; True when a lab can come up here."""
    facts = doctor.examine()
    if as_json:
        print_json([asdict(fact) for fact in facts])
    elif for_ci:
        report.print_facts(facts)
    else:
        report.show_facts(facts)
    return doctor.is_well(facts)


def print_json(value: object) -> None:
    """Print for programs."""
    print(json.dumps(value, indent=1))
