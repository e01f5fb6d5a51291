"""A Docker engine for the tests: the one that runs here, or one of our own, and the image in it.

Our own has a directory, a socket and a network namespace of its own, so that its bridges are none
of the host's; slirp4netns lets it out, to build the image. It ends with the process that started
it, however that ends.

    python -m tests.docker.engine DIRECTORY      one for a developer, until Ctrl-C
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from netns import wait_for

ROOT = Path(__file__).parents[2]
IMAGE = "vpnlab:tests"
HANDS_OFF = ("--iptables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none")
TIED = ("setpriv", "--pdeathsig", "TERM")  # to this process
START_SECONDS = 30.0
END_SECONDS = 30.0
BUILD_SECONDS = 400.0
MEASURED: dict[str, str] = {}  # since the last test that has ended


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
        daemon = subprocess.Popen(_dockerd(directory), stdout=log, stderr=log, process_group=0)
        way_out = subprocess.Popen(_slirp(daemon.pid), stdout=log, stderr=log, process_group=0)
    try:
        wait_for(lambda: is_running(environment), START_SECONDS, "the Docker engine to answer")
        yield environment
    finally:
        for process in (daemon, way_out):
            process.terminate()
            process.wait(END_SECONDS)
        shutil.rmtree(directory, ignore_errors=True)


def _dockerd(directory):
    """What the engine does to rules and forwarding it need not do: nothing leads out of a lab."""
    alone = ["unshare", "--net", "--mount", "--propagation", "private"]
    options = ["--data-root", directory / "data", "--exec-root", directory / "run"]
    options += ["--pidfile", directory / "pid", "--host", f"unix://{directory}/docker.sock"]
    begin = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", "dockerd"]
    return [*TIED, *alone, *begin, *HANDS_OFF, *options]


def _slirp(pid):
    """The way out of the network namespace of a process, once it has one of its own."""
    own = Path("/proc/self/ns/net").readlink()
    wait_for(lambda: Path(f"/proc/{pid}/ns/net").readlink() != own, START_SECONDS, "a namespace")
    options = ["--configure", "--mtu=1400", "--disable-host-loopback"]
    return [*TIED, "slirp4netns", *options, str(pid), "tap0"]


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


if __name__ == "__main__":
    place = Path(sys.argv[1]).absolute()
    place.mkdir(parents=True)
    with running(place) as found, contextlib.suppress(KeyboardInterrupt):
        print(f"export DOCKER_HOST={found['DOCKER_HOST']}", flush=True)
        signal.pause()
