"""The 60 seconds in real time, once: all the silent causes side by side, one lab each.

The stories of labs/scenarios/sixty_seconds/ play them at thirty times the speed; that the time is
the same is shown here, for either program at either end.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from itertools import cycle

import pytest

from labs import faults, topologies
from labs.bringup import furnished
from labs.endpoint import ATTEMPT
from labs.lab import Lab
from labs.scenario import EVERY_PAIR
from labs.scenarios.sixty_seconds import SIXTY_SECONDS
from labs.settings import Settings

SILENT = (
    "firewall-drop", "firewall-reject", "tcp-only", "one-way-block", "mtu-black-hole",
    "nat-private-address", "wrong-port", "balancer-flip", "asymmetric-route",
    "line-down", "port-not-forwarded", "server-down",
    "wrong-ta-key", "missing-ta-key", "wrong-ta-direction",
    "wrong-tls-crypt-key", "missing-tls-crypt-key",
)  # fmt: skip
START_SECONDS = 60.0  # all of them at once
LONGEST = 90.0
STAMP = r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) .*"


def failing(name, pair, stack):
    """A lab whose client has begun to wait."""
    fault = faults.find(name)
    topology = topologies.find(fault.topology)
    sandbox = stack.enter_context(furnished(f"sixty-{os.getpid()}-{name}"[:31], topology))
    lab = Lab(sandbox, topology, Settings.of(*pair))
    lab.write_configs()
    lab.start_servers(START_SECONDS)
    faults.meet(lab, faults.inject(lab, name))
    return lab


def waited(client) -> float:
    """By the stamps of its log, from the first attempt to the line that ends it."""
    text = client.log_text()
    began, ended = (
        datetime.fromisoformat(re.search(STAMP + re.escape(words), text, re.MULTILINE)[1])
        for words in (ATTEMPT, SIXTY_SECONDS)
    )
    return (ended - began).total_seconds()


@pytest.mark.tun
@pytest.mark.openvpn
def test_every_silent_cause_ends_after_sixty_seconds():
    with ExitStack() as stack:
        with ThreadPoolExecutor(4) as pool:
            broken = pool.map(lambda one: failing(*one, stack), zip(SILENT, cycle(EVERY_PAIR)))
            labs = dict(zip(SILENT, broken, strict=True))
        for name, lab in labs.items():
            lab.client.process.wait_log(SIXTY_SECONDS, LONGEST)
            seconds = waited(lab.client)
            print(f"{name:<24}{lab.settings.client:>8} to {lab.settings.server:<8}{seconds:3.0f} s")
            assert 59 <= seconds <= 62, name
