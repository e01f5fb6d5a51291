"""A node: one host of the lab, with its own network, mounts and host name."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netns import nft, trace, wire
from netns.errors import CommandFailed, DeadlinePassed, NetnsError
from netns.process import Process
from netns.state import ProcessId, checked_name
from netns.wait import is_listening, wait_for

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping, Sequence

    from netns.nft import Rules
    from netns.rpc import Caller
    from netns.trace import RuleWatch
    from netns.wire import Wire

LINK_SECONDS = 5.0
END_SECONDS = 2.0
SYSTEM_PATHS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True, slots=True)
class Link:
    """What the kernel says of one link of a node."""

    name: str
    index: int
    operstate: str  # "up", "down", "lowerlayerdown", "unknown" ...
    is_up: bool  # switched on, which does not mean that it can carry frames
    mtu: int
    mac: str


class Node:
    """A host of a sandbox; `Sandbox.add_node` makes it."""

    def __init__(
        self, caller: Caller, facts: dict[str, Any], directory: Path, rootless: bool
    ) -> None:
        self._caller = caller
        self._identity = ProcessId(facts["pid"], facts["start_time"])
        self._directory = directory
        self._rootless = rootless
        self.name: str = facts["name"]
        self.missing: list[str] = facts["missing"]

    def __repr__(self) -> str:
        return f"<Node {self.name} pid {self.pid}>"

    @property
    def pid(self) -> int:
        """The host's number of the process that keeps the node: see /proc/PID/ns."""
        return self._identity.pid

    def _call(self, operation: str, **arguments: Any) -> Any:
        return self._caller.call(operation, node=self.name, **arguments)

    # --- links, addresses, routes, settings ---------------------------------------------------

    def links(self) -> dict[str, Link]:
        """List the links by name."""
        return {facts["name"]: Link(**facts) for facts in self._call("links")}

    def link_up(self, dev: str) -> None:
        """Switch a link on."""
        self._call("set_link", dev=dev, up=True)

    def link_down(self, dev: str) -> None:
        """Switch a link off, as `ip link set down` in the node would; its routes go."""
        self._call("set_link", dev=dev, up=False)

    def set_carrier(self, dev: str, *, up: bool) -> None:
        """Pull the cable out of the switch, or put it back; waits until both ends have noticed.

        That takes up to a second: the kernel looks at carriers once a second, if often asked.
        """
        port = self._call("set_carrier", dev=dev, up=up)
        wanted = {"up"} if up else {"down", "lowerlayerdown"}
        wait_operstate(self._caller, "switch", port, wanted)
        wait_operstate(self._caller, self.name, dev, wanted)

    def wait_link_up(self, dev: str) -> None:
        """Wait until the link can carry frames."""
        wait_operstate(self._caller, self.name, dev, {"up"})

    def add_bridge(self, name: str, ports: Sequence[str]) -> None:
        """Join links of the node by a bridge; addresses go on the bridge then, not on the links."""
        self._call("add_bridge", name=name, ports=list(ports))

    def add_tap(self, dev: str) -> None:
        """Make a tap for a program that is to open it by this name."""
        self._call("add_tap", dev=dev)

    def set_mtu(self, dev: str, mtu: int) -> None:
        """Change the size of the largest packet on a link."""
        self._call("set_mtu", dev=dev, mtu=mtu)

    def add_address(self, dev: str, address: str) -> None:
        """Give a link an address: "192.168.50.10/24", "2001:db8::1/64"."""
        self._call("add_address", dev=dev, address_text=address)

    def remove_address(self, dev: str, address: str) -> None:
        """Take an address away."""
        self._call("remove_address", dev=dev, address_text=address)

    def add_route(
        self,
        to: str,
        via: str | None = None,
        dev: str | None = None,
        metric: int | None = None,
        kind: str = "unicast",
    ) -> None:
        """Add or replace a route: "default" or "10.0.0.0/8", by a gateway, a link, or to nowhere.

        `kind` may also be "blackhole" (silence) or "unreachable" (an ICMP error).
        """
        self._call("add_route", to=to, via=via, dev=dev, metric=metric, kind=kind)

    def remove_route(
        self,
        to: str,
        via: str | None = None,
        dev: str | None = None,
        metric: int | None = None,
        kind: str = "unicast",
    ) -> None:
        """Take a route away."""
        self._call("remove_route", to=to, via=via, dev=dev, metric=metric, kind=kind)

    def set_sysctl(self, name: str, value: str | int) -> None:
        """Change a network setting: ("net.ipv4.ip_forward", 1)."""
        self._call("set_sysctl", name=name, value=str(value))

    def sysctl(self, name: str) -> str:
        """Read a network setting."""
        value: str = self._call("sysctl", name=name)
        return value

    # --- NAT and firewall ---------------------------------------------------------------------

    def apply(self, rules: Rules) -> None:
        """Load a Nat, Firewall, Balancer or Trace; one of that kind that was there goes."""
        self.run(["nft", "-f", "-"], stdin=rules.script())

    def remove(self, rules: Rules) -> None:
        """Take the Nat, Firewall, Balancer or Trace away again, whatever exactly it was."""
        self.run(["nft", "-f", "-"], stdin=nft.removal(rules.table))

    def counts(self) -> dict[str, nft.Count]:
        """What each named rule has seen so far."""
        return nft.counts(self.run(["nft", "-j", "list", "counters"]).stdout)

    def watch_rules(self, match: str = "") -> RuleWatch:
        """Follow the packets that match ("meta l4proto icmp") through every rule they meet."""
        return trace.watch(self, match)

    def forget_flows(self) -> None:
        """Have the node forget every flow that its NAT and firewall remember."""
        self._call("forget_flows")

    def count_flows(self) -> int:
        """How many flows they remember now."""
        number: int = self._call("count_flows")
        return number

    def wire(self, *links: str, delay: float = 0, loss: float = 0, seed: int = 1) -> Wire:
        """Have what comes in by these links and is forwarded wait `delay` seconds, or be lost."""
        return wire.start(self, links, delay, loss, seed)

    # --- names --------------------------------------------------------------------------------

    @property
    def hosts_path(self) -> Path:
        """The file that stands over /etc/hosts in this node."""
        return self._directory / "nodes" / self.name / "hosts"

    @property
    def resolv_conf_path(self) -> Path:
        """The file that stands over /etc/resolv.conf in this node."""
        return self._directory / "nodes" / self.name / "resolv.conf"

    def add_hosts(self, names: Mapping[str, str]) -> None:
        """Let this node know other hosts by name: {"vpn.example": "203.0.113.1"}."""
        with self.hosts_path.open("a", encoding="utf-8") as file:
            file.writelines(f"{address}\t{name}\n" for name, address in names.items())

    # --- programs -----------------------------------------------------------------------------

    def enter_argv(self) -> list[str]:
        """What to put before a command so that it runs in this node, for a terminal or `exec`."""
        if not self._identity.is_alive:
            raise NetnsError(f"node {self.name} is gone", "the process that kept it has ended")
        rights = ["--user", "--preserve-credentials"] if self._rootless else []
        target = ["--target", str(self.pid)]
        return ["nsenter", *target, *rights, "--mount", "--net", "--uts", "--pid", "--"]

    def popen(
        self,
        argv: Sequence[str],
        *,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Run a program in the node as a child of this process; options are those of Popen.

        It gets a process group of its own: end it with `netns.node.end_group`.
        """
        options = {"text": True, "process_group": 0, "stdin": subprocess.DEVNULL, **options}
        # nsenter leaves us in / of the node's mounts.
        where = ["env", f"--chdir={cwd}"] if cwd is not None else []
        whole = [*self.enter_argv(), *where, *argv]
        process: subprocess.Popen[str] = subprocess.Popen(whole, env=environment(env), **options)
        return process

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 10.0,
        check: bool = True,
        stdin: str | None = None,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the node to its end; with `check`, an error is a CommandFailed."""
        process = self.popen(
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process:
            try:
                output, errors = process.communicate(stdin, timeout)
            except subprocess.TimeoutExpired as late:
                end_group(process)
                command = " ".join(argv)
                raise DeadlinePassed(f"{self.name}: {command}: not within {timeout:g} s") from late
            except BaseException:
                end_group(process)
                raise
        result = subprocess.CompletedProcess(list(argv), process.returncode, output, errors)
        if check and result.returncode != 0:
            raise CommandFailed(self.name, argv, result)
        return result

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
        """Start a program that outlives this process; wait until it prints `ready`, if given.

        `ready` is a text to be found, or a compiled pattern. To start several at once, give
        `timeout=0` and call `wait_ready` on each later.
        """
        checked_name(name, "process")
        words, given = list(argv), self._surroundings(env)
        facts = self._call("start", name=name, argv=words, env=given, cwd=str(cwd))
        process = self._process(facts, ready)
        return process.wait_ready(timeout) if timeout > 0 else process

    def processes(self) -> dict[str, Process]:
        """List what `start` has started here by name, the ended ones too."""
        found = (self._process(facts, None) for facts in self._caller.call("processes"))
        return {process.name: process for process in found if process.node == self.name}

    def _surroundings(self, env: Mapping[str, str] | None) -> dict[str, str]:
        return environment(env)

    def _process(self, facts: dict[str, Any], ready: str | re.Pattern[str] | None) -> Process:
        return Process(self._caller, facts, ready)

    def net_table(self, name: str) -> str:
        """What /proc/net/NAME says in this node."""
        return Path(f"/proc/{self.pid}/net/{name}").read_text(encoding="ascii")

    def wait_listening(self, port: int, proto: str = "tcp", timeout: float = 10.0) -> None:
        """Wait until something in the node listens on the port."""
        what = f"{self.name}: something to listen on {proto} port {port}"
        wait_for(lambda: self._is_listening(proto, port), timeout, what)

    def _is_listening(self, proto: str, port: int) -> bool:
        return is_listening(self.pid, proto, port)


def wait_operstate(caller: Caller, node: str, dev: str, wanted: set[str]) -> None:
    """Wait for a state of a link, in the kernel's words."""

    def is_there() -> bool:
        states = {link["name"]: link["operstate"] for link in caller.call("links", node=node)}
        return states.get(dev) in wanted

    wait_for(is_there, LINK_SECONDS, f"{node}: {dev} to be {' or '.join(sorted(wanted))}")


def environment(given: Mapping[str, str] | None) -> dict[str, str]:
    """Complete an environment: a user's PATH lacks the places of nft and openvpn."""
    found = dict(os.environ if given is None else given)
    paths = found.get("PATH", os.defpath).split(os.pathsep)
    found["PATH"] = os.pathsep.join([*paths, *(p for p in SYSTEM_PATHS if p not in paths)])
    return found


def end_group(process: subprocess.Popen[str]) -> None:
    """Kill a program that `popen` started, and all of its process group.

    All but nsenter, which then collects its child and ends the same way. Killed first, it would
    leave that child to the host's init, and the sandbox could not end before init took care of it.
    One that runs elsewhere knows by itself how it is ended: `end_inside`.
    """
    if (end_inside := getattr(process, "end_inside", None)) is not None:
        end_inside()

    def has_ended() -> bool:
        # Again and again: a member may have had a child since the group was looked at.
        members = list(_group(process.pid))
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return process.poll() is not None and not members

    try:
        wait_for(has_ended, END_SECONDS, "nsenter to end")
    except DeadlinePassed:
        process.kill()
        process.wait()


def _group(leader: int) -> Iterator[int]:
    """Find the living members of a process group, without the one that leads it."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            is_member = int(fields[2]) == leader and fields[0] not in "ZX"
            if is_member and int(path.parent.name) != leader:
                yield int(path.parent.name)
