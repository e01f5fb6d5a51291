"""How long a client is away when something happens to it, beside the stock program's.

near 192.0.2.1 --+-- cable --+-- 192.0.2.2 far (the server)       third 192.0.2.3 (another server)

    python -m tests.perf.survival [STORY ...]       (as root; all stories take about 12 minutes)

A story does something to a tunnel that stands. The time begins when the way is open again (or, for
what takes the server away, when it is gone) and ends with the first reply through the tunnel. The
server is ours for both clients, so that the difference is the client's.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labs.bringup import furnished
from labs.endpoint import UP
from labs.lab import Lab
from labs.program import PROGRAMS
from labs.settings import Settings
from netns import wait_for
from tests.scenario.conftest import SITE

if TYPE_CHECKING:
    from labs.build import Sandbox

NAME = "vpn.example"
SERVER_INSIDE = "10.8.0.1"
BACK_SECONDS = 300.0
UP_SECONDS = 20.0
CLIENTS = ("ours", "openvpn")


@dataclass(frozen=True)
class Pace:
    """The keepalive of the server, and how long cuts and suspensions last."""

    keepalive: str = "10 60"
    cut: float = 30.0
    suspension: float = 120.0


REAL = Pace()
Disturb = Callable[[Lab, Pace], float]


@dataclass(frozen=True)
class Story:
    """Something that happens; `disturb` answers when the way was open again (or was lost)."""

    title: str
    disturb: Disturb
    sets: tuple[str, ...] = ()


def server_restarts(lab: Lab, _pace: Pace) -> float:
    """The server's process dies without a word and is started again."""
    lab.server.process.kill()
    lab.server.start()
    lab.server.wait_up(UP_SECONDS)
    return time.monotonic()


def server_moves(lab: Lab, _pace: Pace) -> float:
    """The server has another address, and its name says so."""
    lab["far"].add_address("eth0", "198.18.0.2/32")
    lab["near"].add_route("198.18.0.2/32", dev="eth0")
    lab["near"].hosts_path.write_text(f"127.0.0.1 localhost\n198.18.0.2 {NAME}\n")
    lab["far"].remove_address("eth0", "192.0.2.2/24")
    lab["far"].add_route("192.0.2.0/24", dev="eth0")
    return time.monotonic()


def client_moves(lab: Lab, _pace: Pace) -> float:
    """The client has another address from now on, as after a change of networks."""
    near = lab["near"]
    near.remove_address("eth0", "192.0.2.1/24")
    near.add_address("eth0", "192.0.2.11/24")
    return time.monotonic()


def path_is_cut(lab: Lab, pace: Pace) -> float:
    """Nothing gets through for a while."""
    lab["near"].set_carrier("eth0", up=False)
    _let_pass(pace.cut)
    lab["near"].set_carrier("eth0", up=True)
    return time.monotonic()


def client_is_suspended(lab: Lab, pace: Pace) -> float:
    """The client's process stands still, as when a laptop sleeps."""
    lab.client.process.send_signal(signal.SIGSTOP)
    _let_pass(pace.suspension)
    lab.client.process.send_signal(signal.SIGCONT)
    return time.monotonic()


def first_server_dies(lab: Lab, _pace: Pace) -> float:
    """There is another one, and it is the client's second remote."""
    program = PROGRAMS[lab.server.program]
    lab["third"].start(
        "second",
        program.argv(lab.server.config),
        env=program.environment(),
        cwd=lab.server.directory,
        ready=UP,
        timeout=UP_SECONDS,
    )
    lab.server.process.kill()
    return time.monotonic()


BY_NAME = ("client:-remote", f"client:remote={NAME} 1194")
STORIES = {
    "restart": Story("server restarted", server_restarts),
    "dns": Story("server's name moved", server_moves, BY_NAME),
    "float": Story("client's address changed", client_moves),
    "cut": Story("path cut", path_is_cut),
    "suspend": Story("client suspended", client_is_suspended),
    "second": Story("first server died", first_server_dies, ("client:remote=192.0.2.3 1194",)),
}


def seconds_away(sandbox: Sandbox, story: Story, client: str, pace: Pace, *sets: str) -> float:
    """Bring a tunnel up, tell the story, wait for the first reply; the network is as before."""
    keepalive = f"server:keepalive={pace.keepalive}"
    settings = Settings.of(client, "ours", (keepalive, *story.sets, *sets))
    lab = Lab(sandbox, replace(SITE, vpn=replace(SITE.vpn, clients=("near",))), settings)
    hosts = lab["near"].hosts_path.read_text()
    lab["near"].hosts_path.write_text(f"127.0.0.1 localhost\n192.0.2.2 {NAME}\n")
    try:
        lab.write_configs()
        lab.start_tunnel(UP_SECONDS)
        wait_for(lambda: _answers(lab), UP_SECONDS, "the tunnel to answer")
        since = story.disturb(lab, pace)
        wait_for(lambda: _answers(lab), BACK_SECONDS, f"{client} to be back")
        return time.monotonic() - since
    finally:
        _put_back(lab, hosts)


def _answers(lab: Lab) -> bool:
    """One ping; it fails at once while there is no tunnel."""
    argv = ["ping", "-nqc1", "-W0.2", SERVER_INSIDE]
    return lab["near"].run(argv, check=False).returncode == 0


def _put_back(lab: Lab, hosts: str) -> None:
    """No program and none of the changed addresses."""
    third = lab["third"].processes().get("second")
    for process in (lab.client.process, lab.server.process, third):
        if process is not None and process.alive:
            process.kill()
    near, far = lab["near"], lab["far"]
    near.hosts_path.write_text(hosts)
    for node, own, other in ((near, "192.0.2.1/24", "192.0.2.11/24"),
                             (far, "192.0.2.2/24", "198.18.0.2/32")):  # fmt: skip
        shown = node.run(["ip", "-4", "address", "show", "dev", "eth0"]).stdout
        if other in shown:
            node.remove_address("eth0", other)
        if own not in shown:
            node.add_address("eth0", own)
    near.run(["ip", "route", "flush", "198.18.0.2/32"], check=False)


def _let_pass(seconds: float) -> None:
    threading.Event().wait(seconds)


def main() -> int:
    """Print a line for each story."""
    names = sys.argv[1:] or list(STORIES)
    print(f"keepalive {REAL.keepalive}, cut {REAL.cut:g} s, suspension {REAL.suspension:g} s")
    print(f"{'seconds until the first reply':32}" + "".join(f"{name:>10}" for name in CLIENTS))
    sandbox = furnished(f"survival-{os.getpid()}", SITE)
    try:
        for name in names:
            story = STORIES[name]
            times = [seconds_away(sandbox, story, client, REAL) for client in CLIENTS]
            print(f"{story.title:32}" + "".join(f"{each:10.1f}" for each in times), flush=True)
    finally:
        sandbox.destroy()
    return 0


if __name__ == "__main__":
    sys.exit(main())
