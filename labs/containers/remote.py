"""A node in a container, as the lab's programs see it: the same verbs as a node of namespaces.

Requests go to its keeper over one `docker exec` for each program that has the lab open; programs
that are children of the caller run by `docker exec` too. Nothing of the host's /proc is used: the
engine may be in a virtual machine, as it is on macOS and Windows.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from labs import ours
from labs.containers.relay import RUN
from labs.errors import BackendError
from netns import rpc
from netns.errors import NetnsError
from netns.node import Node
from netns.process import Process
from netns.wait import wait_for

RELAY = ["python3", "-S", "-E", "/opt/vpnlab/packages/labs/containers/relay.py"]
PACKAGES = "/opt/vpnlab/packages"  # where the image has this package and its dependencies
OF_THE_HOST = frozenset({"PATH", "PYTHONPATH", "HOME", "PWD"})


class KeeperCaller(rpc.Caller):
    """Asks the keeper of one container."""

    def __init__(self, argv: Sequence[str], name: str) -> None:
        self._relay: subprocess.Popen[bytes] = subprocess.Popen(
            [*argv, *RELAY],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            process_group=0,
        )  # fmt: skip
        super().__init__(name)
        weakref.finalize(self, _end, self._relay)

    def _ask(self, message: dict[str, Any]) -> dict[str, Any] | None:
        assert self._relay.stdin is not None
        assert self._relay.stdout is not None
        if self._relay.stdin.closed:
            return None
        self._relay.stdin.write(json.dumps(message).encode() + b"\n")
        self._relay.stdin.flush()
        answer = self._relay.stdout.readline()
        return json.loads(answer) if answer else None

    def close(self) -> None:
        _end(self._relay)


def _end(relay: subprocess.Popen[bytes]) -> None:
    relay.kill()
    relay.wait()
    for pipe in (relay.stdin, relay.stdout):
        with suppress(BrokenPipeError):  # what was not sent is not missed
            if pipe is not None:
                pipe.close()


class RemoteProcessId:
    """A process in a container, by the keeper's word."""

    def __init__(self, node: ContainerNode, pid: int, start_time: int) -> None:
        self._node = node
        self.pid = pid
        self.start_time = start_time

    def _state(self) -> str:
        asked = self._node.ask("process_state", pid=self.pid, start_time=self.start_time)
        return str(asked)

    @property
    def is_alive(self) -> bool:
        return self._state() != "gone"

    @property
    def is_stopped(self) -> bool:
        return self._state() == "stopped"

    def send_signal(self, number: int) -> bool:
        target = {"pid": self.pid, "start_time": self.start_time}
        return bool(self._node.ask("send_signal", number=int(number), **target))

    def wait_gone(self, seconds: float) -> bool:
        try:
            return bool(wait_for(lambda: not self.is_alive, seconds, "a process to end"))
        except NetnsError:
            return False


class RemoteProcess(Process):
    """A program that a container's keeper has started."""

    _identity: Any  # a RemoteProcessId has all that a ProcessId has

    def __init__(
        self, node: ContainerNode, facts: dict[str, Any], ready: str | re.Pattern[str] | None
    ) -> None:
        super().__init__(node.caller, facts, ready)
        self._identity = RemoteProcessId(node, facts["pid"], facts["start_time"])


class ExecProcess(subprocess.Popen[Any]):
    """A `docker exec`: killing it is not enough to end what it has started."""

    def __init__(self, node: ContainerNode, argv: Sequence[str], run: str, **options: Any) -> None:
        self._node = node
        self._run = run
        super().__init__(argv, **options)

    def end_inside(self) -> None:
        """Kill what runs in the container, if that is there; this process then ends by itself."""
        with suppress(NetnsError):
            self._node.ask("end_run", run=self._run)


class ContainerNode(Node):
    """A host of a lab in a container; labs/containers/sandbox.py makes it."""

    def __init__(
        self, caller: KeeperCaller, facts: dict[str, Any], place: Path, exec_: list[str]
    ) -> None:
        super().__init__(caller, facts, place, rootless=False)
        self.caller = caller
        self._exec = exec_  # docker exec CONTAINER, in two parts

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Have the keeper do something that is not about the node."""
        return self._caller.call(operation, **arguments)

    def claim_links(self, wanted: Mapping[str, str]) -> None:
        """Name the links by the addresses that Docker gave them, and forget all that it gave."""
        self._call("claim_links", wanted=dict(wanted))

    def set_carrier(self, dev: str, *, up: bool) -> None:
        why = "Docker has no cable that could be pulled"
        raise BackendError(f"{self.name}: {dev}", why, "--backend netns")

    def enter_argv(self) -> list[str]:
        terminal = ["-t"] if sys.stdin.isatty() and sys.stdout.isatty() else []
        return [*self._exec[:-1], "-i", *terminal, self._exec[-1]]

    def popen(
        self,
        argv: Sequence[str],
        *,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        run = secrets.token_hex(8)
        given = {**surroundings(env), RUN: run}
        words = [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
        where = ["--workdir", str(cwd)] if cwd is not None else []
        whole = [*self._exec[:-1], "-i", *words, *where, self._exec[-1], *translated(argv)]
        options = {"text": True, "process_group": 0, "stdin": subprocess.DEVNULL, **options}
        return ExecProcess(self, whole, run, **options)

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        ready: str | re.Pattern[str] | None = None,
        timeout: float = 10.0,
        env: Mapping[str, str] | None = None,
        cwd: str | Path = "/",
    ) -> Process:
        words = translated(argv)
        given = surroundings(env)
        return super().start(name, words, ready=ready, timeout=timeout, env=given, cwd=cwd)

    def _surroundings(self, env: Mapping[str, str] | None) -> dict[str, str]:
        return dict(env or {})

    def _process(self, facts: dict[str, Any], ready: str | re.Pattern[str] | None) -> Process:
        return RemoteProcess(self, facts, ready)

    def net_table(self, name: str) -> str:
        return str(self._call("net_table", name=name))

    def _is_listening(self, proto: str, port: int) -> bool:
        return bool(self._call("is_listening", proto=proto, port=port))


def surroundings(env: Mapping[str, str] | None) -> dict[str, str]:
    """What of an environment is meant for the program: the host's own is not the container's."""
    return {
        name: value
        for name, value in (env or {}).items()
        if os.environ.get(name) != value and name not in OF_THE_HOST
    }


def translated(argv: Sequence[str]) -> list[str]:
    """A command as it is in the image: its Python, and its copy of this package."""
    source = f"{ours.SOURCE}{os.sep}"
    words = [
        f"{PACKAGES}/{word.removeprefix(source)}" if _is_ours(word, source) else word
        for word in argv
    ]
    return ["python3" if words[0] == sys.executable else words[0], *words[1:]]


def _is_ours(word: str, source: str) -> bool:
    return word.startswith(tuple(f"{source}{name}{os.sep}" for name in ("vpn", "netns", "labs")))
