"""A sandbox: a lab's own user, pid, mount, network and uts namespaces, and the nodes in them."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from netns import capture, launch, rpc, state
from netns.capture import Capture
from netns.errors import NetnsError
from netns.node import Node, wait_operstate
from netns.segment import ETHERNET_MTU, Segment
from netns.state import LabFile, ProcessId, checked_name

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from types import TracebackType

BIRTH_SECONDS = 15.0
DEATH_SECONDS = 10.0

NodeKind = TypeVar("NodeKind", bound=Node)


class Sandbox:
    """One lab. As a context manager it is destroyed at the end of the block."""

    backend = "netns"

    def __init__(self, directory: Path, file: LabFile, connection: socket.socket) -> None:
        self.directory = directory
        self.name = file.name
        self.rootless = file.rootless
        self.missing: list[str] = []
        self._holder = file.holder
        self._caller = rpc.SocketCaller(connection, file.name)

    def __repr__(self) -> str:
        return f"<Sandbox {self.name} pid {self.pid}>"

    @property
    def pid(self) -> int:
        """The host's number of the holder: kill it, and the whole sandbox is gone."""
        return self._holder.pid

    @property
    def began(self) -> float:
        """When the holder was started: seconds of CLOCK_BOOTTIME."""
        return self._holder.began

    @property
    def alive(self) -> bool:
        return self._holder.is_alive

    # --- make, find, remove -------------------------------------------------------------------

    @classmethod
    def create(
        cls, name: str, state_dir: Path | None = None, *, rootless: bool | None = None
    ) -> Sandbox:
        """Make a sandbox that ends with this process, unless it is told to persist.

        `rootless` is the default for everyone but root; root may ask for it.
        """
        checked_name(name, "sandbox")
        own_user = os.geteuid() != 0 if rootless is None else rootless
        directory = state.root(state_dir) / name
        for _attempt in range(3):
            _make_room(directory, name)
            with state.locked(directory) as ours:
                if ours:
                    return cls._born(name, directory, own_user)
        raise NetnsError(f"cannot make sandbox {name}", f"{directory} keeps being removed")

    @classmethod
    def _born(cls, name: str, directory: Path, rootless: bool) -> Sandbox:
        """Start the holder and write down who it is, in a directory that we have locked."""
        if (found := LabFile.read(directory)) is not None and found.holder.is_alive:
            raise _exists(name)
        connection, holders_end = rpc.new_pair()
        try:
            with holders_end, rpc.listen(directory / state.SOCKET) as listener:
                facts = _launch(name, directory, connection, holders_end, listener, rootless)
            holder = ProcessId(facts["pid"], facts["start_time"])
            file = LabFile(name, holder, rootless, {})
            file.write(directory)
        except BaseException:
            connection.close()  # which ends the holder
            state.remove(directory)
            raise
        sandbox = cls(directory, file, connection)
        sandbox.missing = facts["missing"]
        return sandbox

    @classmethod
    def open(cls, name: str, state_dir: Path | None = None) -> Sandbox:
        """Find a sandbox that another process made."""
        checked_name(name, "sandbox")
        directory = state.root(state_dir) / name
        file = LabFile.read(directory)
        if file is None or not file.holder.is_alive:
            others = ", ".join(cls.list(state_dir)) or "none"
            raise NetnsError(f"no sandbox {name} is up", f"there is {others}")
        try:
            return cls(directory, file, rpc.connect(directory / state.SOCKET))
        except OSError as error:
            why = str(error.strerror)
            raise NetnsError(f"sandbox {name} does not answer", why, "destroy it") from error

    @staticmethod
    def list(state_dir: Path | None = None) -> list[str]:
        """Name the sandboxes of this user that are up."""
        found = []
        for directory in sorted(state.root(state_dir).iterdir()):
            file = LabFile.read(directory)
            if file is not None and file.holder.is_alive:
                found.append(file.name)
        return found

    def persist(self) -> None:
        """Let the sandbox outlive this process. Say so when it is complete, not before."""
        self._caller.call("persist")

    def destroy(self) -> None:
        """End everything in the sandbox and remove its files; the kernel does it in one go."""
        self._caller.close()
        end(self.directory, self._holder)

    def close(self) -> None:
        """Let go of the sandbox without ending it (one that does not persist ends all the same)."""
        self._caller.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.destroy()

    # --- what the caller keeps with it --------------------------------------------------------

    @property
    def state(self) -> dict[str, Any]:
        """What was last given to `save`."""
        file = LabFile.read(self.directory)
        return {} if file is None else file.saved

    def save(self, saved: dict[str, Any]) -> None:
        """Keep JSON values with the sandbox, for whoever opens it next."""
        with state.locked(self.directory) as ours:
            if not ours:
                raise NetnsError(f"sandbox {self.name} is gone", "its directory was removed")
            LabFile(self.name, self._holder, self.rootless, saved).write(self.directory)

    # --- contents -----------------------------------------------------------------------------

    def add_node(self, name: str, settings: Mapping[str, str | int] | None = None) -> Node:
        """Add a host: its own network, mounts, host name, /etc/hosts and /etc/resolv.conf.

        settings: those of the network that it is to have, {"net.ipv4.ip_forward": 1}.
        """
        checked_name(name, "node")
        node = self._node(self._caller.call("add_node", name=name))
        for key, value in (settings or {}).items():
            node.set_sysctl(key, value)
        return node

    def _node(self, facts: dict[str, Any]) -> Node:
        return Node(self._caller, facts, self.directory, self.rootless)

    def nodes(self) -> dict[str, Node]:
        """List the nodes by name, without the switch."""
        return self.nodes_of(Node)

    def nodes_of(self, kind: type[NodeKind]) -> dict[str, NodeKind]:
        """The same as objects of another class: nodes that can do more."""
        found = (
            kind(self._caller, facts, self.directory, self.rootless)
            for facts in self._caller.call("nodes")
        )
        return {node.name: node for node in found if node.name != "switch"}

    def node(self, name: str) -> Node:
        """Find a node; "switch" is the one where the bridges are."""
        for facts in self._caller.call("nodes"):
            if facts["name"] == name:
                return self._node(facts)
        raise NetnsError(
            f"no node {name} in sandbox {self.name}", f"it has {', '.join(self.nodes())}"
        )

    def add_segment(
        self,
        name: str,
        ports: Sequence[tuple[Node | str, str]],
        *,
        mtu: int = ETHERNET_MTU,
        offload: bool = False,
    ) -> Segment:
        """Join nodes by a bridge: [(client, "eth0"), (nat, "eth0")]; they are up then.

        offload: cables that carry many datagrams of UDP as one packet, as network cards take them
        (UDP_SEGMENT): faster, but no cable in the world carries them so.
        """
        checked_name(name, "segment")
        named = [(node if isinstance(node, str) else node.name, dev) for node, dev in ports]
        facts = self._caller.call("add_segment", name=name, ports=named, mtu=mtu, offload=offload)
        segment = Segment.from_facts(facts)
        for port in segment.ports:
            wait_operstate(self._caller, "switch", port.port, {"up"})
            wait_operstate(self._caller, port.node, port.dev, {"up"})
        return segment

    def segments(self) -> dict[str, Segment]:
        """List the segments by name."""
        found = (Segment.from_facts(facts) for facts in self._caller.call("segments"))
        return {segment.name: segment for segment in found}

    def capture(
        self, path: Path, segments: Sequence[Segment | str] | None = None, *, both: bool = False
    ) -> Capture:
        """Record every frame of these segments (of all) in a pcapng file, until `stop`.

        Each frame is in it once, as its sender sent it; with `both` also as it reached the others.
        """
        known = self.segments()
        names = [s if isinstance(s, str) else s.name for s in segments or known]
        for name in names:
            if name not in known:
                raise NetnsError(
                    f"no segment {name} in sandbox {self.name}", f"it has {', '.join(known)}"
                )
        return capture.start(self.node("switch"), path, [known[name] for name in names], both=both)


# --- birth and death ------------------------------------------------------------------------------


def _exists(name: str) -> NetnsError:
    return NetnsError(f"sandbox {name} is up already", fix="open it, or destroy it first")


def _make_room(directory: Path, name: str) -> None:
    """Make the directory; what a dead sandbox of the name left is removed first."""
    try:
        directory.mkdir(mode=0o700)
        return
    except FileExistsError:
        pass
    with state.locked(directory) as ours:
        if not ours:
            return
        file = LabFile.read(directory)
        if file is not None and file.holder.is_alive:
            raise _exists(name)
        state.remove(directory)
    directory.mkdir(mode=0o700, exist_ok=True)


def _launch(
    name: str,
    directory: Path,
    connection: socket.socket,
    holders_end: socket.socket,
    listener: socket.socket,
    rootless: bool,
) -> dict[str, Any]:
    """Start the holder; return what it says of itself once the sandbox is furnished."""
    fds = (holders_end.fileno(), listener.fileno())
    mode = "rootless" if rootless else "root"
    command = launch.command("holder", name, str(directory), *map(str, fds), mode)
    with (directory / "holder.log").open("wb") as log:
        launcher = subprocess.Popen(
            command,
            pass_fds=fds, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    holders_end.close()
    launcher.wait(BIRTH_SECONDS)
    connection.settimeout(BIRTH_SECONDS)
    try:
        facts = rpc.receive(connection)
    except (TimeoutError, ConnectionResetError):
        facts = None
    if facts is None:
        said = (directory / "holder.log").read_text(encoding="utf-8", errors="replace").strip()
        raise NetnsError(f"sandbox {name}: its holder did not start", said or "it said nothing")
    if "error" in facts:
        why, fix = (
            f"{facts['step']}: {facts['error']}",
            "`lab doctor` says what is not allowed here",
        )
        raise NetnsError(f"cannot make sandbox {name}", why, fix)
    return facts


def end(directory: Path, holder: ProcessId) -> None:
    """Kill a holder, and with it all of its sandbox, and remove its directory."""
    with state.locked(directory):
        holder.send_signal(signal.SIGKILL)
        if not holder.wait_gone(DEATH_SECONDS):
            raise NetnsError(f"holder {holder.pid} does not end", "it is stuck in the kernel")
        state.remove(directory)
