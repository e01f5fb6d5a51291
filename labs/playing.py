"""Plays a scenario in a lab of its own."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from labs import build, topologies
from labs.bringup import furnished
from labs.errors import LabError
from labs.lab import Lab
from labs.scenario import Pair, Scenario
from labs.settings import Settings
from labs.stage import Stage


def play(
    scenario: Scenario,
    pair: Pair,
    name: str,
    *,
    tell: Callable[[str], None] = lambda _line: None,
    pcap: Path | None = None,
    keep: bool = False,
    backend: str = "netns",
) -> float:
    """Play to the end, or to the StoryError; return the seconds it took.

    With `keep` the lab stays as the story left it, also if it failed. With `pcap` all that passed
    on any of its cables is in that file.
    """
    began = time.monotonic()
    _require(scenario)
    topology = topologies.find(scenario.topology)
    settings = Settings.of(*pair, speed=scenario.speed)
    sandbox = furnished(name, topology, scenario.speed, backend)
    try:
        lab = Lab(sandbox, topology, settings)
        lab.write_configs()
        lab.save()
        if keep:
            sandbox.persist()
        with ExitStack() as stack:
            if pcap is not None:
                stack.enter_context(sandbox.capture(pcap))
            scenario.play(Stage(lab, tell))
    finally:
        if not keep:
            sandbox.destroy()
    return time.monotonic() - began


def _require(scenario: Scenario) -> None:
    path = build.path_with_sbin(os.environ)
    missing = [name for name in scenario.needs if shutil.which(name, path=path) is None]
    if missing:
        raise LabError(
            f"scenario {scenario.name} needs {', '.join(missing)}", fix="install them first"
        )
