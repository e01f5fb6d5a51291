"""A lab that runs: its nodes by name, its two ends, what state it is in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from labs import build, faults, observe, vpn_config
from labs.clock import Clock
from labs.endpoint import Endpoint
from labs.errors import LabError
from labs.host import Host
from labs.settings import Setting, Settings
from labs.topology_file import from_dict, to_dict

if TYPE_CHECKING:
    import subprocess

    from labs.build import AnySandbox
    from labs.topology import Topology

SERVER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class EndStatus:
    """One end of the tunnel, for people and for programs."""

    node: str
    role: str
    program: str
    state: str
    pid: int | None
    addresses: list[str]
    log: str
    last_words: str


@dataclass(frozen=True, slots=True)
class Status:
    """A lab, for people and for programs."""

    name: str
    topology: str
    backend: str
    pid: int
    rootless: bool
    directory: str
    settings: dict[str, Any]
    ends: list[EndStatus]

    @property
    def is_up(self) -> bool:
        return all(end.state == "up" for end in self.ends)

    def as_dict(self) -> dict[str, Any]:
        return {"up": self.is_up, **asdict(self)}


class Lab:
    """One lab, in this process's hands or found by its name."""

    def __init__(self, sandbox: AnySandbox, topology: Topology, settings: Settings) -> None:
        self.sandbox = sandbox
        self.topology = topology
        self.settings = settings
        self.nodes: dict[str, Host] = sandbox.nodes_of(Host)

    @classmethod
    def open(cls, name: str) -> Lab:
        """Find a lab that is up."""
        sandbox = build.open_sandbox(name)
        saved = sandbox.state
        try:
            topology = from_dict(saved["topology"], f"lab {name}")
            settings = Settings.of(**saved["settings"])
        except (KeyError, TypeError):
            raise LabError(
                f"lab {name}", "was brought up by another version", f"lab down --name {name}"
            ) from None
        return cls(sandbox, topology, settings)

    @property
    def name(self) -> str:
        return self.sandbox.name

    def save(self) -> None:
        """Keep with the lab what `open` needs: no file of the user's is ever looked at again."""
        self.sandbox.save(saved_form(self.topology, self.settings))

    def is_as(self, topology: Topology, settings: Settings) -> bool:
        """Was this lab brought up with these?"""
        return self.sandbox.state == saved_form(topology, settings)

    # --- nodes --------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Host:
        if name not in self.nodes:
            raise LabError(
                f'no node "{name}" in lab {self.name}', f"it has {', '.join(self.nodes)}"
            )
        return self.nodes[name]

    def run(
        self, node: str, argv: Sequence[str], *, timeout: float = 10.0, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on a node to its end."""
        return self[node].run(argv, timeout=timeout, check=check)

    # --- the two ends -------------------------------------------------------------------------

    @property
    def server(self) -> Endpoint:
        """The first server; in most topologies the only one."""
        return self.servers[0]

    @property
    def servers(self) -> list[Endpoint]:
        return [self._end(name, "server") for name in self.topology.vpn.servers]

    @property
    def client(self) -> Endpoint:
        """The first client; in most topologies the only one."""
        return self.clients[0]

    @property
    def clients(self) -> list[Endpoint]:
        return [self._end(name, "client") for name in self.topology.vpn.clients]

    @property
    def ends(self) -> list[Endpoint]:
        return [*self.servers, *self.clients]

    def _end(self, node: str, role: str) -> Endpoint:
        config = vpn_config.path(self.sandbox.directory, node, role)
        settings = self.settings.with_clocks(faults.clocks(self))
        clock = Clock(settings.speed, settings.shift(role, node), self.sandbox.began)
        return Endpoint(self[node], role, settings.program(role), config, clock)

    def change(self, *sets: str) -> None:
        """Change directives as `--set` does, from the next start of an end on."""
        self.settings = self.settings.with_sets(map(Setting.parse, sets))
        self.write_configs()

    def write_configs(self) -> None:
        """Write what the ends' programs will read: with the faults that are in the lab."""
        settings = self.settings.with_sets(faults.directives(self))
        vpn_config.write(self.sandbox.directory, self.topology, settings)

    def start_tunnel(self, seconds: float) -> None:
        """Start the server, then the clients, and wait until the tunnel stands."""
        self.start_servers(seconds)
        for client in self.clients:
            client.start()
        for client in self.clients:
            try:
                client.wait_up(seconds)
            except LabError as error:
                raise self._with_the_servers_word(error) from None

    def start_servers(self, seconds: float) -> None:
        """Start the servers alone, and wait until they can be connected to."""
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_up(seconds)

    def _with_the_servers_word(self, error: LabError) -> LabError:
        """What keeps a client out is often known to the server only."""
        complaints = (server.complaint() for server in self.servers)
        complaint = next((one for one in complaints if one is not None), None)
        if complaint is None:
            return error
        return LabError(error.what, f"{error.why}; the server says: {complaint}")

    def stop_tunnel(self) -> None:
        """End the clients, then the servers, as a user would."""
        for end in [*self.clients, *self.servers]:
            end.stop()

    def restart(self, which: Collection[str]) -> None:
        """Start ends anew, those of a role or by name, without waiting for the tunnel.

        A server has come up, or ended, before its clients start.
        """
        ends = [end for end in self.ends if {end.role, end.name} & set(which)]
        for end in reversed(ends):
            end.stop()
        for end in ends:
            end.start()
            if end.role == "server" and len(ends) > 1:
                with suppress(LabError):
                    end.wait_up(SERVER_SECONDS)

    def tunnel_address(self, node: str) -> str:
        """The address that a node has inside the tunnel, without its prefix length."""
        found = observe.tunnel_links(observe.addresses(self[node]))
        for held in found.values():
            for address in held:
                return address.partition("/")[0]
        raise LabError(f"{node} has no address in the tunnel")

    # --- as a whole ---------------------------------------------------------------------------

    def status(self) -> Status:
        """Look at everything now."""
        return Status(
            self.name,
            self.topology.name,
            self.sandbox.backend,
            self.sandbox.pid,
            self.sandbox.rootless,
            str(self.sandbox.directory),
            self.settings.as_dict(),
            [self._end_status(end) for end in self.ends],
        )

    def _end_status(self, end: Endpoint) -> EndStatus:
        process = end.process
        links = observe.tunnel_links(observe.addresses(end.node))
        state = end.state
        return EndStatus(
            end.name,
            end.role,
            end.program,
            state,
            process.pid if process is not None and end.is_alive else None,
            [address for held in links.values() for address in held],
            str(process.log_path) if process is not None else "",
            "" if state == "up" else end.last_words(),
        )

    def down(self) -> None:
        """End everything in the lab and remove its files."""
        self.sandbox.destroy()


def saved_form(topology: Topology, settings: Settings) -> dict[str, Any]:
    """What is kept with a lab, as plain JSON values."""
    return {"topology": to_dict(topology), "settings": settings.as_dict()}
