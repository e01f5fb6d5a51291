"""The main process of a container that is a node of a lab: it starts programs and answers requests.

What a sandbox's holder does for all of its nodes (netns/holder.py), it does for the one that it is
on. Until it is told to persist it ends with the first who connects: the program that made the lab.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from labs.containers.relay import KEEPER, RUN
from netns import address, rpc, spawn
from netns.here import Here
from netns.holder import Holder
from netns.operations import HeldNode, Operations
from netns.state import ProcessId
from netns.wait import is_listening

CREATOR_SECONDS = 30.0


class Kept(Operations):
    """The requests of one node, that of this container."""

    def __init__(self, name: str, directory: Path) -> None:
        host_proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        super().__init__(directory, host_proc)
        pid, start_time = spawn.host_identity(host_proc)
        self._nodes = {name: HeldNode(None, pid, start_time, [])}
        self._here = Here(name)

    def _within(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def claim_links(self, node: str, wanted: dict[str, str]) -> None:
        """Name the links by the addresses that Docker gave them, and forget all that it gave."""
        self._here.claim_links(wanted)
        for dev in wanted:
            address.flush(dev)
        self._here.forget_default_routes()

    def start(
        self, node: str, name: str, argv: list[str], env: dict[str, str], cwd: str
    ) -> dict[str, Any]:
        """Programs have the environment of the image, and what the caller adds."""
        return super().start(node, name, argv, {**os.environ, **env}, cwd)

    def set_sysctl(self, node: str, name: str, value: str) -> None:
        self._here.set_sysctl(name, value)

    def net_table(self, node: str, name: str) -> str:
        return Path("/proc/net", name).read_text(encoding="ascii")

    def is_listening(self, node: str, proto: str, port: int) -> bool:
        return is_listening(os.getpid(), proto, port)

    # --- processes ----------------------------------------------------------------------------

    def process_state(self, pid: int, start_time: int) -> str:
        """In one word: running, stopped, gone."""
        self.reap()
        process = ProcessId(pid, start_time)
        if not process.is_alive:
            return "gone"
        return "stopped" if process.is_stopped else "running"

    def send_signal(self, pid: int, start_time: int, number: int) -> bool:
        return ProcessId(pid, start_time).send_signal(number)

    def end_run(self, run: str) -> None:
        """Kill what a `popen` started, and what has come of it."""
        mark = f"{RUN}={run}".encode()
        for place in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in place.read_bytes().split(b"\0"):
                    os.kill(int(place.parent.name), signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Keep the node: keeper NODE DIRECTORY."""
    name, directory = arguments
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with rpc.listen(Path(KEEPER)) as listener:
        listener.settimeout(CREATOR_SECONDS)
        try:
            creator, _address = listener.accept()
        except TimeoutError:
            sys.exit("nobody has connected")
        listener.settimeout(None)
        Holder(Kept(name, Path(directory)), listener, creator).run()


if __name__ == "__main__":
    main(sys.argv[1:])
