"""A lab in containers: one for each node, one bridge of Docker's for each segment.

It has the verbs of `netns.Sandbox`. Docker gives addresses of its own choice, which no other lab
has, and the keepers replace them by the topology's: so labs with the same prefixes do not collide.
The containers are made all at once, when the segments are known: `nodes` does it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from labs.containers import engine
from labs.containers.remote import ContainerNode, KeeperCaller
from labs.errors import BackendError, LabError
from netns import birth, state, sysctl
from netns.errors import NetnsError
from netns.node import Node

if TYPE_CHECKING:
    from docker import DockerClient

NodeKind = TypeVar("NodeKind", bound=Node)

FILE = "containers.json"
TUN = "/dev/net/tun"


@dataclass(slots=True)
class Plan:
    """A node that is to be made: its settings, and (link, network) in order."""

    settings: dict[str, str]
    ports: list[tuple[str, str]] = field(default_factory=list)


def _known(state_dir: Path | None) -> list[Path]:
    """The directories of all labs on this engine, up or not."""
    place = state.container_root(state_dir)
    return sorted(filter(_is_here, place.iterdir())) if place.is_dir() else []


def _is_here(directory: Path) -> bool:
    """Is the lab on the engine that we ask? One that was never begun is on none."""
    with suppress(OSError, ValueError):
        found = json.loads((directory / FILE).read_text(encoding="utf-8"))
        return bool(found["engine"] == engine.address())
    return True


class ContainerSandbox:
    """One lab. As a context manager it is destroyed at the end of the block."""

    rootless = False
    pid = 0  # no process of this host keeps it
    backend = "docker"

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory
        self.missing: list[str] = []
        self._plans: dict[str, Plan] = {}
        self._mtus: dict[str, int] = {}
        self._nodes: dict[str, ContainerNode] = {}
        self._making = ExitStack()  # holds the directory's lock until there are containers

    def __repr__(self) -> str:
        return f"<ContainerSandbox {self.name}>"

    # --- make, find, remove -------------------------------------------------------------------

    @classmethod
    def create(cls, name: str, state_dir: Path | None = None) -> ContainerSandbox:
        """Make a lab that ends with this process, unless it is told to persist."""
        state.checked_name(name, "sandbox")
        directory = state.container_root(state_dir) / name
        with engine.connected() as client:
            if engine.containers(client, name):
                raise NetnsError(f"sandbox {name} is up already", fix="destroy it first")
            engine.remove(client, name)
        state.remove(directory)
        state.root(directory.parent)
        directory.mkdir(mode=0o700)
        (directory / "logs").mkdir()
        sandbox = cls(name, directory)
        sandbox._making.enter_context(state.locked(directory))
        began = time.clock_gettime(time.CLOCK_BOOTTIME)
        sandbox._write({"engine": engine.address(), "began": began, "saved": {}})
        return sandbox

    @classmethod
    def find(cls, name: str, state_dir: Path | None = None) -> ContainerSandbox:
        """A lab that may not even be whole: only to `destroy` it."""
        return cls(name, state.container_root(state_dir) / name)

    @classmethod
    def open(cls, name: str, state_dir: Path | None = None) -> ContainerSandbox:
        """Find a lab that another process made."""
        sandbox = cls.find(name, state_dir)
        with engine.connected() as client:
            found = engine.containers(client, name)
        if not found or not sandbox._file.exists():
            raise NetnsError(f"no sandbox {name} is up", "it has no containers")
        sandbox._connect([one for one in found.values() if one.status == "running"])
        return sandbox

    @staticmethod
    def list(state_dir: Path | None = None) -> list[str]:
        """Name the labs of this user that are up."""
        known = _known(state_dir)
        if not known:
            return []
        with suppress(LabError), engine.connected() as client:  # without an engine none is up
            up = engine.labs_with_containers(client)
            return [directory.name for directory in known if directory.name in up]
        return []

    def persist(self) -> None:
        """Let the lab outlive this process."""
        for node in self.nodes().values():
            node.ask("persist")

    def destroy(self) -> None:
        """End everything in the lab and remove its files."""
        self._making.close()
        with state.locked(self.directory), engine.connected() as client:
            engine.remove(client, self.name)
            self.close()
            _forget(self.directory)

    def close(self) -> None:
        """Let go of the lab without ending it (one that does not persist ends all the same)."""
        for node in self._nodes.values():
            node.caller.close()
        self._nodes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.destroy()

    # --- what the caller keeps with it --------------------------------------------------------

    @property
    def _file(self) -> Path:
        return self.directory / FILE

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        return found

    def _write(self, content: dict[str, Any]) -> None:
        fresh = self._file.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        fresh.replace(self._file)

    @property
    def state(self) -> dict[str, Any]:
        """What was last given to `save`."""
        saved: dict[str, Any] = self._read()["saved"]
        return saved

    def save(self, saved: dict[str, Any]) -> None:
        """Keep JSON values with the lab, for whoever opens it next."""
        self._write({**self._read(), "saved": saved})

    @property
    def began(self) -> float:
        """When the lab was made: seconds of CLOCK_BOOTTIME."""
        return float(self._read()["began"])

    @property
    def alive(self) -> bool:
        return self.name in self.list(self.directory.parent)

    # --- contents -----------------------------------------------------------------------------

    def add_node(self, name: str, settings: Mapping[str, str | int] | None = None) -> None:
        """Plan a host; `nodes` makes it."""
        state.checked_name(name, "node")
        own = {key: str(value) for key, value in (settings or {}).items()}
        self._plans[name] = Plan(sysctl.NODE_SETTINGS | own)
        birth.write_node_files(self.directory / "nodes" / name, name)

    def add_segment(
        self,
        name: str,
        ports: Sequence[tuple[Node | str, str]],
        *,
        mtu: int = 1500,
        offload: bool = False,
    ) -> None:
        """Plan a network; the containers' links have their offloads in any case."""
        self._mtus[name] = mtu
        for node, dev in ports:
            self._plans[node if isinstance(node, str) else node.name].ports.append((dev, name))

    def nodes(self) -> dict[str, ContainerNode]:
        """List the nodes by name; those that are only planned are made first."""
        if self._plans:
            with engine.connected() as client:
                self._make(client)
            self._plans.clear()
            self._making.close()
        return dict(self._nodes)

    def nodes_of(self, kind: type[NodeKind]) -> dict[str, NodeKind]:
        """The same as objects that can do more: they have the methods of `kind` too."""
        both: Any = type(f"Container{kind.__name__}", (kind, ContainerNode), {})
        return {name: _as(both, node) for name, node in self.nodes().items()}

    def node(self, name: str) -> ContainerNode:
        """Find a node."""
        found = self.nodes()
        if name not in found:
            why = f"it has {', '.join(found)}"
            raise NetnsError(f"no node {name} in sandbox {self.name}", why)
        return found[name]

    def capture(self, path: Path, *_: Any, **__: Any) -> Any:
        """Refuse: there is no switch in which all frames could be seen."""
        fix = "tcpdump on a node, or --backend netns"
        raise BackendError(str(path), "containers have no common switch to record", fix)

    # --- making -------------------------------------------------------------------------------

    def _make(self, client: DockerClient) -> None:
        with ThreadPoolExecutor(engine.AT_ONCE) as pool:
            networks = dict(
                zip(self._mtus, pool.map(lambda one: self._network(client, one), self._mtus),
                    strict=True)
            )  # fmt: skip
            made = list(pool.map(lambda one: self._container(client, one, networks), self._plans))
        self._connect(made)
        with ThreadPoolExecutor(engine.AT_ONCE) as pool:
            list(pool.map(self._claim, made))

    def _network(self, client: DockerClient, segment: str) -> Any:
        options = {engine.NO_ADDRESS: "true", engine.MTU: str(self._mtus[segment])}
        return client.networks.create(
            f"vpnlab-{self.name}-{segment}",
            driver="bridge", options=options, labels={engine.LABEL: self.name},
        )  # fmt: skip

    def _container(self, client: DockerClient, name: str, networks: Mapping[str, Any]) -> Any:
        plan = self._plans[name]
        files = self.directory / "nodes" / name
        places = {str(self.directory): str(self.directory)}
        places |= {str(files / file): place for file, place in birth.NODE_FILES.items()}
        first, *others = [networks[segment] for _, segment in plan.ports] or [None]
        container = client.containers.create(
            engine.image(),
            ["python3", "-m", "labs.containers.keeper", name, str(self.directory)],
            name=f"vpnlab-{self.name}-{name}",
            hostname=name,
            labels={engine.LABEL: self.name, engine.NODE: name},
            network=first.name if first is not None else "none",
            cap_add=["NET_ADMIN"],
            devices=[f"{TUN}:{TUN}:rwm"],
            sysctls=plan.settings,
            volumes={source: {"bind": place} for source, place in places.items()},
            auto_remove=True,
        )
        for network in others:
            network.connect(container)
        container.start()
        container.reload()
        return container

    def _claim(self, container: Any) -> None:
        """Have a node's links named in the order of the topology."""
        node = self._nodes[container.labels[engine.NODE]]
        held = container.attrs["NetworkSettings"]["Networks"]
        wanted = {
            dev: held[f"vpnlab-{self.name}-{segment}"]["IPAddress"]
            for dev, segment in self._plans[node.name].ports
        }
        node.claim_links(wanted)

    def _connect(self, containers: Sequence[Any]) -> None:
        program = engine.program()

        def node(container: Any) -> ContainerNode:
            argv = [program, "exec", container.name]
            name = container.labels[engine.NODE]
            caller = KeeperCaller([program, "exec", "-i", container.name], self.name)
            (facts,) = caller.call("nodes")
            assert facts["name"] == name
            return ContainerNode(caller, facts, self.directory, argv)

        with ThreadPoolExecutor(engine.AT_ONCE) as pool:
            self._nodes = {one.name: one for one in pool.map(node, containers)}


def _as(kind: Any, node: ContainerNode) -> Any:
    found = kind.__new__(kind)
    found.__dict__.update(node.__dict__)
    return found


def _forget(directory: Path) -> None:
    state.remove(directory)
    with suppress(OSError):  # others are up
        directory.parent.rmdir()


def sweep(state_dir: Path | None = None) -> None:
    """Remove what killed programs left: networks without containers, files without either.

    A lab that is being made right now is locked, and left alone.
    """
    known = _known(state_dir)
    if not known:
        return
    with suppress(LabError), engine.connected() as client:
        up = engine.labs_with_containers(client)
        for directory in known:
            with state.locked(directory, wait=False) as ours:
                if ours and directory.name not in up:
                    engine.remove(client, directory.name)
                    _forget(directory)
