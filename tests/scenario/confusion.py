"""The confusion matrix of `lab explain`: every fault, and what was found.

python -m tests.scenario.confusion [FAULT...] [--client P] [--server P]
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

from labs import faults, topologies
from labs.bringup import furnished
from labs.explain import Diagnosis, explain
from labs.lab import Lab
from labs.settings import Settings

TUNNEL_SECONDS = 20.0


# What the tunnel overcomes by itself leaves nothing to be found.
EXPLAINED = [name for name, fault in faults.FAULTS.items() if not fault.is_overcome]


@dataclass(frozen=True)
class Look:
    """One answer of `lab explain`, and how long it took."""

    diagnosis: Diagnosis
    seconds: float


def diagnosed(name: str, pair: tuple[str, str], lab_name: str) -> tuple[Look, Look]:
    """Bring a lab up, break it, explain, heal it, explain again."""
    fault = faults.find(name)
    topology = topologies.find(fault.topology)
    sandbox = furnished(lab_name, topology)
    try:
        lab = Lab(sandbox, topology, Settings.of(*pair))
        lab.write_configs()
        lab.start_tunnel(TUNNEL_SECONDS)
        faults.meet(lab, faults.inject(lab, name))
        broken = _look(lab, fault)
        faults.heal(lab)
        lab.restart(fault.restarts)
        for end in lab.ends:
            end.wait_up(TUNNEL_SECONDS)
        return broken, _look(lab, fault)
    finally:
        sandbox.destroy()


def _look(lab: Lab, fault: faults.Fault) -> Look:
    began = time.monotonic()
    found = explain(lab, *fault.way)
    return Look(found, time.monotonic() - began)


def main() -> None:
    """Print one line a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", default=EXPLAINED)
    parser.add_argument("--client", default="ours")
    parser.add_argument("--server", default="ours")
    words = parser.parse_args()
    print(f"{'fault':<26}{'diagnosis':<26}{'s':>5}   healed")
    right = 0
    for name in words.faults:
        broken, healed = diagnosed(name, (words.client, words.server), f"confusion-{os.getpid()}")
        right += broken.diagnosis.cause == name and healed.diagnosis.cause == "nothing"
        print(
            f"{name:<26}{broken.diagnosis.cause:<26}{broken.seconds:5.2f}   "
            f"{healed.diagnosis.cause}",
            flush=True,
        )
    print(f"{right} of {len(words.faults)} on the diagonal ({words.client}/{words.server})")


if __name__ == "__main__":
    main()
