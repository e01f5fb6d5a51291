"""A Docker engine for the tests: the one that runs here, or one of our own, and the image in it.

Our own has a directory and a socket of its own and leaves the host's network alone: no bridge, no
rules, no forwarding. It ends with the process that started it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from netns import wait_for

ROOT = Path(__file__).parents[2]
IMAGE = "vpnlab:tests"
HANDS_OFF = ("--iptables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none")
START_SECONDS = 30.0
END_SECONDS = 30.0
BUILD_SECONDS = 400.0


def is_running(environment) -> bool:
    """Does an engine answer?"""
    asked = subprocess.run(["docker", "info"], env=environment, capture_output=True)
    return asked.returncode == 0


@contextlib.contextmanager
def running(directory: Path):
    """Give the environment in which `docker` finds an engine."""
    environment = dict(os.environ)
    if is_running(environment):
        yield environment
        return
    environment["DOCKER_HOST"] = f"unix://{directory}/docker.sock"
    with (directory / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "TERM", "dockerd", *HANDS_OFF),
                *("--data-root", directory / "data", "--exec-root", directory / "run"),
                *("--pidfile", directory / "pid", "--host", environment["DOCKER_HOST"]),
            ],
            stdout=log,
            stderr=log,
            process_group=0,
        )
    try:
        wait_for(lambda: is_running(environment), START_SECONDS, "the Docker engine to answer")
        yield environment
    finally:
        daemon.terminate()
        daemon.wait(END_SECONDS)
        for place in (directory / "run" / "netns").glob("*"):
            subprocess.run(["umount", place], capture_output=True)
        shutil.rmtree(directory, ignore_errors=True)


def build_image(environment) -> None:
    """Build the image from this tree."""
    built = subprocess.run(
        [ROOT / "scripts/container-image", IMAGE],
        env={**environment, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
    )
    assert built.returncode == 0, built.stderr[-2000:]


def compose() -> list[str]:
    """The command of Compose: v2 is a plugin of the client, v1 a program."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True)
    return ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]
