"""The units for systemd, played: the supervisor starts both ends and is told when they are ready.

What systemd does with docs/systemd/vpn-server@.service and vpn-client@.service is done here: the
command line of ExecStart is run with a NOTIFY_SOCKET, READY=1 is waited for, ExecReload is a
SIGHUP. The stock program, where it plays, is started with its own command line and the same socket.
"""

from __future__ import annotations

import re
import signal
import socket
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from labs import ours
from labs.endpoint import PROCESS
from labs.program import PROGRAMS
from labs.scenario import Stage, scenario

if TYPE_CHECKING:
    from labs.endpoint import Endpoint


@scenario(howto=(6,))
def play(stage: Stage) -> None:
    for end in stage.lab.ends:
        argv = _command(stage, end)
        stage.act(f"ExecStart on {end.name}: {' '.join(argv)}")
        told = _started(stage, end, argv)
        stage.see(f"{end.name} tells its supervisor: {', '.join(told)}", "READY=1" in told, told)
        end.wait_up(20.0)
    stage.pings("client", "files")
    stage.act("systemctl reload vpn-client@client: its ExecReload is a SIGHUP.")
    process = stage.lab.client.process
    assert process is not None
    process.send_signal(signal.SIGHUP)
    stage.hears(stage.lab.client, "SIGHUP[hard,] received, process restarting")
    stage.waits("the client is up again", lambda: stage.lab.client.state == "up")
    stage.pings("client", "files")


def _started(stage: Stage, end: Endpoint, argv: list[str]) -> list[str]:
    """Start a program as its supervisor, and listen until it is ready."""
    path = stage.lab.sandbox.directory / f"notify-{end.name}"
    told: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(path))
        supervisor.settimeout(20.0)
        environment = {**ours.environment(), "NOTIFY_SOCKET": str(path)}
        end.node.start(PROCESS, argv, env=environment, cwd=end.directory, timeout=0)
        while "READY=1" not in told:
            told += supervisor.recv(4096).decode().splitlines()
    return told


def _command(stage: Stage, end: Endpoint) -> list[str]:
    """The ExecStart of our unit, with %i and %t as systemd would put them."""
    if end.program != "ours":
        return PROGRAMS[end.program].argv(end.config)
    unit = _unit(f"vpn-{end.role}@.service").read_text("utf-8")
    found = re.search(r"^ExecStart=vpn (.*)$", unit, re.MULTILINE)
    assert found is not None
    runtime = stage.lab.sandbox.directory / "run"
    (runtime / f"vpn-{end.role}").mkdir(parents=True)  # RuntimeDirectory=
    words = found[1].replace("%i", end.role).replace("%t", str(runtime)).split()
    return [sys.executable, "-m", "vpn", *words]


def _unit(name: str) -> Path:
    """Our unit: in the source tree, or where the package was installed to."""
    here = ours.SOURCE / "docs" / "systemd" / name
    if here.is_file():
        return here
    (installed,) = (file for file in metadata.files("vpnlab") or () if file.name == name)
    return Path(str(installed.locate()))
