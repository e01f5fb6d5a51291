"""`lab node`: be one node of a topology, as the main process of its container.

    links by address or name -> addresses, routes, NAT, firewall, names -> ready
                                                  -> its VPN, its services; until one ends

It furnishes the node from within, with the same code as a lab of namespaces (labs/build.py), then
starts what runs there and waits. The file READY says, to a health check, that the network stands.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from labs import build, pki, vpn_config
from labs.errors import LabError
from labs.program import PROGRAMS
from labs.settings import Settings
from labs.topology import Topology
from netns.here import Here

READY = Path("/run/lab-ready")
KEYS_SECONDS = 60.0
END_SECONDS = 5.0  # for a client to tell the server that it goes


def write_shared(directory: Path, topology: Topology, settings: Settings) -> None:
    """`lab configs`: what each end reads, in `directory`/vpn/NODE; keys, unless there are some.

    The authority that made them is kept nowhere.
    """
    vpn = topology.vpn
    before = os.umask(0o077)
    try:
        if not any(directory.glob(f"vpn/*/{vpn.server}.key")):
            with TemporaryDirectory() as made:
                pki.make(Path(made), vpn.servers, vpn.clients)
                for name in (*vpn.servers, *vpn.clients):
                    own = Path("vpn", name)
                    shutil.copytree(Path(made) / own, directory / own, dirs_exist_ok=True)
        vpn_config.write(directory, topology, settings)
    finally:
        os.umask(before)


def run(
    topology: Topology, name: str, shared: Path, program: str | None, links: Sequence[str] = ()
) -> int:
    """Furnish the node, run what runs on it; the exit status of what ended first."""
    node = topology.node(name)
    READY.unlink(missing_ok=True)
    here = Here(name)
    here.claim_links({port.dev: port.address for port in topology.ports(name)}, links)
    here.forget_default_routes()
    mtus = {segment.name: segment.mtu for segment in topology.segments}
    for port in topology.ports(name):
        here.set_mtu(port.dev, mtus[port.segment])
    if node.is_router:
        here.set_sysctl("net.ipv4.ip_forward", 1)
    build.furnish(here, node, topology)
    READY.touch()
    commands = build.services_of(node, topology, Path("/run"))
    role = role_of(topology, name)
    if role is not None and program is not None:
        commands["vpn"] = _vpn(vpn_config.path(shared, name, role), program)
    return _supervise(commands, shared / "vpn" / name)


def switch(links: Sequence[str]) -> None:
    """`lab switch`: pass frames between links, and have no address."""
    here = Here("switch")
    for dev in links:
        here.wait_link(dev)
    here.add_bridge("br0", links)
    READY.touch()
    _supervise({}, Path("/"))


def role_of(topology: Topology, name: str) -> str | None:
    """Is the node a "client", a "server", or no end of the tunnel?"""
    if name in topology.vpn.servers:
        return "server"
    return "client" if name in topology.vpn.clients else None


def _vpn(config: Path, program: str) -> list[str]:
    """The command of an end's VPN, once its keys and its configuration are there."""
    build.wait_for(config.exists, KEYS_SECONDS, f"{config}, which `lab configs` writes")
    if reason := PROGRAMS[program].missing():
        raise LabError(f"{program} cannot run", reason, "take an image that has it")
    return PROGRAMS[program].argv(config)


def _supervise(commands: Mapping[str, Sequence[str]], directory: Path) -> int:
    """Run programs until one ends or somebody stops the container; then end them all."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    where = directory if directory.is_dir() else Path("/")
    env = build.environment_of(None)
    running = [subprocess.Popen(argv, cwd=where, env=env) for argv in commands.values()]
    try:
        while True:
            if not running:
                signal.pause()
                continue
            pid, status = os.wait()
            for process in running:
                if process.pid == pid:  # others are what a program of ours has left to pid 1
                    return os.waitstatus_to_exitcode(status)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(END_SECONDS)
