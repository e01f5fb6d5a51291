"""What the holder does when asked: the nodes, the cables between them, and what runs in them.

Runs inside the sandbox, as its pid 1, in the switch's network namespace. Every public method of
`Operations` is one request; its arguments and its answer are plain JSON values.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netns import address, birth, conntrack, kernel, link, spawn, sysctl

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

LONGEST_LINK_NAME = 15


@dataclass(slots=True)
class HeldNode:
    """A node as its keeper holds it; `pid` and `start_time` are the host's view of the keeper.

    inner_pid: the keeper in the sandbox; None for the node that this very process is on.
    """

    inner_pid: int | None
    pid: int
    start_time: int
    missing: list[str]


@dataclass(slots=True)
class HeldSegment:
    """A bridge in the switch and the cables that end in it."""

    number: int
    bridge: str
    mtu: int
    ports: list[dict[str, str]] = field(default_factory=list)


class Operations:
    """The contents of one sandbox."""

    def __init__(self, directory: Path, host_proc: int) -> None:
        self._directory = directory
        self._host_proc = host_proc
        self._nodes: dict[str, HeldNode] = {}
        self._segments: dict[str, HeldSegment] = {}
        self._daemons: list[spawn.Daemon] = []
        (directory / "logs").mkdir(exist_ok=True)
        link.change("lo", state="up")
        self._hold_switch()

    def _hold_switch(self) -> None:
        """The switch is a node too, as far as starting programs in it goes: the holder keeps it."""
        pid, start_time = spawn.host_identity(self._host_proc)
        self._nodes["switch"] = HeldNode(os.getpid(), pid, start_time, [])

    # --- nodes --------------------------------------------------------------------------------

    def add_node(self, name: str) -> dict[str, Any]:
        if name in self._nodes:
            raise OSError(f"there is a node {name} already")
        files = self._directory / "nodes" / name
        birth.write_node_files(files, name)
        inner_pid, facts = spawn.keeper(name, files, self._host_proc)
        self._nodes[name] = HeldNode(inner_pid, **facts)
        with self._within(name):
            link.change("lo", state="up")
        return self._described(name)

    def nodes(self) -> list[dict[str, Any]]:
        return [self._described(name) for name in self._nodes]

    def _described(self, name: str) -> dict[str, Any]:
        node = self._nodes[name]
        return {
            "name": name,
            "pid": node.pid,
            "start_time": node.start_time,
            "missing": node.missing,
        }

    def _node(self, name: str) -> HeldNode:
        if name not in self._nodes:
            raise OSError(f"no node {name}, only {', '.join(self._nodes)}")
        return self._nodes[name]

    def _within(self, name: str) -> AbstractContextManager[None]:
        """Be in a node's network namespace for a while."""
        return kernel.network_namespace(f"/proc/{self._node(name).inner_pid}/ns/net")

    # --- cables -------------------------------------------------------------------------------

    def add_segment(
        self, name: str, ports: list[list[str]], mtu: int, offload: bool
    ) -> dict[str, Any]:
        """Make a bridge in the switch, and plug one cable into it for each (node, link name)."""
        if name in self._segments:
            raise OSError(f"there is a segment {name} already")
        for node, dev in ports:
            with self._within(node):
                if dev in link.names():
                    raise OSError(f"{node} has a link {dev} already")
        number = len(self._segments) + 1
        bridge = name if len(name) <= LONGEST_LINK_NAME else f"segment{number}"
        segment = HeldSegment(number, bridge, mtu)
        link.add_bridge(bridge)
        self._segments[name] = segment
        for node, dev in ports:
            self._plug(segment, node, dev)
            if not offload:
                with self._within(node):
                    link.cut_trains(dev)
        return self._segment_described(name)

    def _plug(self, segment: HeldSegment, name: str, dev: str) -> None:
        place = len(segment.ports) + 1
        port = f"{name}.{dev}"
        if len(port) > LONGEST_LINK_NAME:
            port = f"port{segment.number}.{place}"
        peer = {
            "ifname": dev,
            "address": f"02:00:00:00:{segment.number % 256:02x}:{place % 256:02x}",
            "net_ns_pid": self._node(name).inner_pid,
        }
        link.add_veth(port, bridge=segment.bridge, mtu=segment.mtu, peer=peer)
        segment.ports.append({"node": name, "dev": dev, "port": port})
        link.change(port, state="up")
        self.set_link(name, dev, up=True)

    def segments(self) -> list[dict[str, Any]]:
        return [self._segment_described(name) for name in self._segments]

    def _segment_described(self, name: str) -> dict[str, Any]:
        segment = self._segments[name]
        return {"name": name, "bridge": segment.bridge, "mtu": segment.mtu, "ports": segment.ports}

    def _port(self, node: str, dev: str) -> str:
        for segment in self._segments.values():
            for port in segment.ports:
                if (port["node"], port["dev"]) == (node, dev):
                    return port["port"]
        raise OSError(f"{node} {dev} is not plugged into any segment")

    def set_carrier(self, node: str, dev: str, up: bool) -> str:
        """Pull a node's cable out of the switch, or put it back: a true loss of carrier."""
        port = self._port(node, dev)
        self.set_link("switch", port, up=up)
        return port

    # --- links, addresses, routes, settings ---------------------------------------------------

    def links(self, node: str) -> list[dict[str, Any]]:
        with self._within(node):
            return link.links()

    def set_link(self, node: str, dev: str, up: bool) -> None:
        with self._within(node):
            link.change(dev, state="up" if up else "down")

    def add_bridge(self, node: str, name: str, ports: list[str]) -> None:
        with self._within(node):
            link.add_bridge(name)
            for port in ports:
                link.change(port, master=link.index_of(name))

    def add_tap(self, node: str, dev: str) -> None:
        with self._within(node):
            link.add_tap(dev)
            link.change(dev, state="up")

    def set_mtu(self, node: str, dev: str, mtu: int) -> None:
        with self._within(node):
            link.change(dev, mtu=mtu)

    def add_address(self, node: str, dev: str, address_text: str) -> None:
        with self._within(node):
            address.change_address("add", dev, address_text)

    def remove_address(self, node: str, dev: str, address_text: str) -> None:
        with self._within(node):
            address.change_address("del", dev, address_text)

    def add_route(self, node: str, **route: Any) -> None:
        with self._within(node):
            address.change_route("replace", **route)

    def remove_route(self, node: str, **route: Any) -> None:
        with self._within(node):
            address.change_route("del", **route)

    def set_sysctl(self, node: str, name: str, value: str) -> None:
        with self._within(node):
            sysctl.write(name, value)

    def sysctl(self, node: str, name: str) -> str:
        with self._within(node):
            return sysctl.read(name)

    def forget_flows(self, node: str) -> None:
        with self._within(node):
            conntrack.forget_all()

    def count_flows(self, node: str) -> int:
        with self._within(node):
            return conntrack.count()

    # --- processes ----------------------------------------------------------------------------

    def start(
        self, node: str, name: str, argv: list[str], env: dict[str, str], cwd: str
    ) -> dict[str, Any]:
        """Start a program in a node; a second one of the name needs the first to have ended."""
        keeper = self._node(node)
        for one in self._daemons:
            if (one.node, one.name) == (node, name) and one.exit_code is None:
                raise OSError(f"{node} runs a {name} already, pid {one.pid}")
        log = self._directory / "logs" / f"{node}-{name}.log"
        log.write_bytes(b"")
        started = spawn.daemon(
            node, keeper.inner_pid, self._host_proc,
            name=name, argv=argv, env=env, cwd=cwd, log=str(log),
        )  # fmt: skip
        self._daemons = [one for one in self._daemons if (one.node, one.name) != (node, name)]
        self._daemons.append(started)
        return started.as_dict()

    def processes(self) -> list[dict[str, Any]]:
        self.reap()  # an end that the asker knows of may be news here
        return [one.as_dict() for one in self._daemons]

    def reap(self) -> None:
        """Collect every child that has ended, ours and those that a daemon left to pid 1."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for one in self._daemons:
                if one.inner_pid == pid and one.exit_code is None:
                    one.exit_code = os.waitstatus_to_exitcode(status)
