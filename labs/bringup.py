"""From nothing to the first reply through the tunnel: the steps of `lab up`, in order.

The lab belongs to this process until the tunnel stands: whatever ends the process before that,
an error, Ctrl-C or kill -9, ends the half-built lab with it.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs import build, doctor, pki
from labs.errors import BackendError, LabError
from labs.lab import Lab

if TYPE_CHECKING:
    from labs.settings import Settings
    from labs.topology import Topology

Progress = Callable[[str], None]

TUNNEL_SECONDS = 20.0
PING_SECONDS = 5.0
PINGS = 3
REPLY = re.compile(r"bytes from .*time=")


@dataclass(frozen=True, slots=True)
class FirstPing:
    """What `ping` printed, and when (by the monotonic clock) its first reply came."""

    lines: list[str]
    first_reply: float


def new_lab(
    name: str,
    topology: Topology,
    settings: Settings,
    *,
    progress: Progress = lambda _step: None,
    seconds: float = TUNNEL_SECONDS,
    keep: bool = False,
    backend: str = "netns",
) -> Lab:
    """Build a lab and bring its tunnel up; with `keep`, a lab without a tunnel stays too."""
    progress(f"{len(topology.nodes)} nodes on {len(topology.segments)} networks, keys")
    sandbox = furnished(name, topology, settings.speed, backend)
    is_whole = False
    try:
        lab = Lab(sandbox, topology, settings)
        lab.write_configs()
        lab.save()
        if keep:
            sandbox.persist()
        progress(f"tunnel: client {settings.client}, server {settings.server}")
        lab.start_tunnel(seconds)
        sandbox.persist()
        is_whole = True
    finally:
        if not is_whole and not keep:
            sandbox.destroy()
    return lab


def furnished(
    name: str, topology: Topology, speed: float = 1.0, backend: str = "netns"
) -> build.AnySandbox:
    """Build all of a lab but the tunnel: networks, services, keys. It ends with this process.

    What the nodes on the way remember of UDP they forget `speed` times as fast.
    """
    if backend == "docker" and speed != 1:
        raise BackendError("--speed", "containers have the host's clock", "--backend netns")
    try:
        sandbox = build.create(name, backend)
    except build.NetnsError as error:
        raise doctor.refused(error) from None
    try:
        vpn = topology.vpn
        # Keys are all computing, building is all waiting: both at once.
        with ThreadPoolExecutor(1, "keys") as other:
            keys = other.submit(pki.make, sandbox.directory, vpn.servers, vpn.clients)
            build.build(sandbox, topology, speed)
            build.start_services(sandbox, topology)
            keys.result()
    except BaseException:
        sandbox.destroy()
        raise
    return sandbox


def mend(lab: Lab, *, progress: Progress, seconds: float = TUNNEL_SECONDS) -> bool:
    """Start the tunnel anew if an end of it is no more; True if that was needed.

    Both ends then: the one that is left would take its time to notice.
    """
    if all(end.is_alive for end in lab.ends):
        return False
    progress("tunnel, anew")
    lab.stop_tunnel()
    lab.start_tunnel(seconds)
    return True


def first_ping(lab: Lab) -> FirstPing:
    """Ping the target from the client; LabError if nothing comes back."""
    client, target = lab.topology.vpn.clients[0], lab.topology.vpn.target
    address = lab.topology.address(target)
    argv = ["ping", "-n", "-i", "0.2", "-c", str(PINGS), "-w", f"{PING_SECONDS:g}", address]
    process = lab[client].popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines: list[str] = []
    first = 0.0
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            lines.append(line.rstrip())
            if not first and REPLY.search(line):
                first = time.monotonic()
    if not first:
        said = next((line for line in reversed(lines) if line), "nothing")
        raise LabError(f"no reply from {target} ({address}) to {client}", f"ping says: {said}")
    return FirstPing(lines, first)
