"""100,000 first packets from random addresses: the server keeps nothing of them, and works on.

A server answers a first packet without remembering it: what it has to know later is in its answer,
signed. It answers 100 in 10 seconds (connect-freq-initial) and drops the rest; who wants to connect
just then must try again. A client that is connected exchanges data all the while.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING

from labs import flood_agent
from labs.build import wait_for
from labs.scenario import Stage, scenario
from labs.scenarios import attack
from labs.traffic import Exchanging

if TYPE_CHECKING:
    from collections.abc import Callable

PACKETS, PER_SECOND = 100_000, 20_000
RATE = 1_000_000  # bytes a second that the client sends at most, and receives
LARGEST_GROWTH = 4_000  # kB: 40 bytes for each packet
LEAST_SHARE = 0.8
ROUNDS = 3  # at most: on a machine that does other work, too, one may be too slow by itself
LIMIT = "Note: --connect-freq-initial 100 10 rate limit exceeded"
FLOOD_IS_NOT_TRACKED = f"""table ip flood {{
  chain coming {{
    type filter hook prerouting priority raw; ip saddr {flood_agent.SOURCES} notrack;
  }}
}}"""


@scenario()
def play(stage: Stage) -> None:
    lab, server = stage.lab, stage.lab.server
    lab["firewall"].run(["nft", "-f", "-"], stdin=FLOOD_IS_NOT_TRACKED)  # measure the server only
    lab["internet"].add_route(str(flood_agent.SOURCES), kind="blackhole")
    stage.up()
    with Exchanging(lab["client"], lab["files"], attack.FILES, size=60 * RATE, rate=RATE):
        begun = _carried(stage)
        wait_for(lambda: _carried(stage) > begun + RATE, attack.SECONDS, "the exchange")
        before = _state(stage)
        shares = [_share(stage)]
        while shares[-1] < LEAST_SHARE and len(shares) < ROUNDS:
            shares.append(_share(stage))
        after = _state(stage)
    stage.hears(server, LIMIT)
    stage.see(f"{shares[-1]:.0%} is left to the client", shares[-1] >= LEAST_SHARE, shares)
    stage.see(
        f"the server has {after['clients']} client, {after['files']} open files and "
        f"{after['threads']} threads, as before",
        all(before[one] == after[one] for one in ("clients", "files", "threads")),
        before,
    )
    grown = after["memory"] - before["memory"]
    stage.see(f"its memory has grown by {grown} of {before['memory']} kB", grown < LARGEST_GROWTH)
    stage.pings("client", "files")


def _share(stage: Stage) -> float:
    """How much of its throughput a client has left while a flood lasts."""
    usual = _rate(stage, lambda: _wait_for_bytes(stage, 4 * RATE))
    stage.note(f"client and files exchange {usual / 1e6:.2f} MB/s")
    stage.act(f"internet sends the server {PACKETS:,} first packets from random addresses.")
    flooded = _rate(stage, lambda: _flood(stage))
    stage.note(f"meanwhile the two exchange {flooded / 1e6:.2f} MB/s")
    return flooded / usual


def _flood(stage: Stage) -> None:
    from labs.dissect import OpenVPNControl

    vpn = stage.lab.topology.vpn
    first = bytes(OpenVPNControl(opcode="P_CONTROL_HARD_RESET_CLIENT_V2"))
    numbers = map(str, (vpn.port, PACKETS, PER_SECOND, 1))
    argv = [sys.executable, "-I", "-S", flood_agent.__file__, vpn.remote, *numbers, first.hex()]
    told = json.loads(stage.lab.run(attack.ROUTER, argv, timeout=60).stdout)
    stage.note(f"{told['sent']:,} were sent in {told['seconds']:.1f} s")


def _rate(stage: Stage, act: Callable[[], None]) -> float:
    """How many bytes a second the client's tunnel carries while something happens."""
    began, first = time.monotonic(), _carried(stage)
    act()
    return (_carried(stage) - first) / (time.monotonic() - began)


def _wait_for_bytes(stage: Stage, size: int) -> None:
    first = _carried(stage)
    wait_for(lambda: _carried(stage) >= first + size, attack.SECONDS, "the exchange")


def _carried(stage: Stage) -> int:
    """All bytes that have gone through the client's tunnel so far, in and out."""
    said = stage.lab.run("client", ["cat", "/proc/net/dev"]).stdout
    numbers = re.findall(r"^ *tun0: *(.*)$", said, re.MULTILINE)[0].split()
    return int(numbers[0]) + int(numbers[8])


def _state(stage: Stage) -> dict[str, int]:
    """What the server's process holds, as the kernel and the process itself say."""
    server = stage.lab.server
    assert server.process is not None
    place = f"/proc/{server.process.pid}"
    with open(f"{place}/status") as file:
        facts = dict(line.split(":", 1) for line in file)
    return {
        "clients": attack.count_clients(server),
        "files": len(os.listdir(f"{place}/fd")),
        "threads": int(facts["Threads"]),
        "memory": int(facts["VmRSS"].split()[0]),
    }
