"""What the holder does when asked: the nodes, the cables between them, and what runs in them.

Runs inside the sandbox, as its pid 1, in the switch's network namespace. Every public method of
`Operations` is one request; its arguments and its answer are plain JSON values.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netns import address, birth, conntrack, kernel, link, spawn, sysctl
from netns.netlink import Netlink

LONGEST_LINK_NAME = 15


@dataclass(slots=True)
class HeldNode:
    """A node as its keeper holds it; `pid` and `start_time` are the host's view of the keeper."""

    inner_pid: int
    pid: int
    start_time: int
    kernel: Netlink
    missing: list[str]

    @property
    def network(self) -> str:
        return f"/proc/{self.inner_pid}/ns/net"


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
        self._switch = Netlink()
        self._nodes: dict[str, HeldNode] = {}
        self._segments: dict[str, HeldSegment] = {}
        self._daemons: list[spawn.Daemon] = []
        (directory / "logs").mkdir(exist_ok=True)
        link.set_up(self._switch, "lo", up=True)
        self._hold_switch()

    def _hold_switch(self) -> None:
        """The switch is a node too, as far as starting programs in it goes: the holder keeps it."""
        pid, start_time = spawn.host_identity(self._host_proc)
        self._nodes["switch"] = HeldNode(os.getpid(), pid, start_time, self._switch, [])

    # --- nodes --------------------------------------------------------------------------------

    def add_node(self, name: str) -> dict[str, Any]:
        if name in self._nodes:
            raise OSError(f"there is a node {name} already")
        files = self._directory / "nodes" / name
        birth.write_node_files(files, name)
        inner_pid, facts = spawn.keeper(name, files, self._host_proc)
        with kernel.network_namespace(f"/proc/{inner_pid}/ns/net"):
            node = HeldNode(
                inner_pid, facts["pid"], facts["start_time"], Netlink(), facts["missing"]
            )
        link.set_up(node.kernel, "lo", up=True)
        self._nodes[name] = node
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

    # --- cables -------------------------------------------------------------------------------

    def add_segment(self, name: str, ports: list[list[str]], mtu: int) -> dict[str, Any]:
        """Make a bridge in the switch, and plug one cable into it for each (node, link name)."""
        if name in self._segments:
            raise OSError(f"there is a segment {name} already")
        for node, dev in ports:
            if dev in link.links(self._node(node).kernel):
                raise OSError(f"{node} has a link {dev} already")
        number = len(self._segments) + 1
        bridge = name if len(name) <= LONGEST_LINK_NAME else f"segment{number}"
        segment = HeldSegment(number, bridge, mtu)
        index = link.add_bridge(self._switch, bridge)
        self._segments[name] = segment
        for node, dev in ports:
            self._plug(segment, index, node, dev)
        return self._segment_described(name)

    def _plug(self, segment: HeldSegment, bridge: int, name: str, dev: str) -> None:
        node = self._node(name)
        place = len(segment.ports) + 1
        port = f"{name}.{dev}"
        if len(port) > LONGEST_LINK_NAME:
            port = f"port{segment.number}.{place}"
        mac = bytes([0x02, 0, 0, 0, segment.number % 256, place % 256])
        namespace = os.open(node.network, os.O_RDONLY)
        try:
            peer = link.Peer(dev, namespace, mac)
            link.add_veth(self._switch, port, peer, master=bridge, mtu=segment.mtu)
        finally:
            os.close(namespace)
        segment.ports.append({"node": name, "dev": dev, "port": port})
        link.set_up(self._switch, port, up=True)
        link.set_up(node.kernel, dev, up=True)

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
        link.set_up(self._switch, port, up=up)
        return port

    # --- links, addresses, routes, settings ---------------------------------------------------

    def links(self, node: str) -> list[dict[str, Any]]:
        found = link.links(self._node(node).kernel)
        return [{name: getattr(one, name) for name in one.__slots__} for one in found.values()]

    def set_link(self, node: str, dev: str, up: bool) -> None:
        link.set_up(self._node(node).kernel, dev, up=up)

    def set_mtu(self, node: str, dev: str, mtu: int) -> None:
        link.set_mtu(self._node(node).kernel, dev, mtu)

    def add_address(self, node: str, dev: str, address_text: str) -> None:
        address.add_address(self._node(node).kernel, dev, address_text)

    def remove_address(self, node: str, dev: str, address_text: str) -> None:
        address.remove_address(self._node(node).kernel, dev, address_text)

    def add_route(self, node: str, **route: Any) -> None:
        address.add_route(self._node(node).kernel, **route)

    def remove_route(self, node: str, **route: Any) -> None:
        address.remove_route(self._node(node).kernel, **route)

    def set_sysctl(self, node: str, name: str, value: str) -> None:
        with kernel.network_namespace(self._node(node).network):
            sysctl.write(name, value)

    def sysctl(self, node: str, name: str) -> str:
        with kernel.network_namespace(self._node(node).network):
            return sysctl.read(name)

    def forget_flows(self, node: str) -> None:
        with kernel.network_namespace(self._node(node).network):
            conntrack.forget_all()

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
