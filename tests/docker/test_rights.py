"""Least rights: each node of compose.yaml with any one of its rights taken away does not work."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import docker as sdk
import pytest
import yaml

from labs import topologies
from labs.build import wait_for
from labs.containers import compose
from labs.settings import Settings
from tests.docker import engine

TOPOLOGY = topologies.find("three-lans")
SERVICES = yaml.safe_load(compose.text(compose.Export(TOPOLOGY, Settings())))["services"]
NODES = {node.name: SERVICES[node.name] for node in TOPOLOGY.nodes}
MARK = f"rights-{os.getpid()}"
SECONDS = 30

# In the SDK times are nanoseconds.
HEALTH = {**compose.NODE["healthcheck"], "interval": 10**9, "timeout": 2 * 10**9}

# What a node says when it lacks a right.
SAID = {
    "cap_add": r"Operation not permitted",
    "devices": r"/dev/net/tun",
    "sysctls": r"--sysctl net\.ipv4\.ip_forward=1",
}


@dataclass(frozen=True)
class Right:
    """One thing that one node is given."""

    node: str
    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.node} without {self.value}"


# A client opens its tun when it is connected: test_compose.py shows that it needs the device.
RIGHTS = [
    Right(name, kind, str(value))
    for name, service in NODES.items()
    for kind in SAID
    for value in service.get(kind, ())
    if (name, kind) != ("client", "devices")
]


@pytest.fixture(scope="module")
def client(docker_environment):
    host = docker_environment.get("DOCKER_HOST")
    found = sdk.DockerClient(base_url=host) if host else sdk.from_env()
    yield found
    found.close()


@pytest.fixture(scope="module")
def keys(client):
    """What `lab configs` writes, in a volume."""
    volume = client.volumes.create(f"{MARK}-lab")
    client.containers.run(
        engine.IMAGE,
        SERVICES["configs"]["command"],
        volumes={volume.name: {"bind": compose.LAB}},
        network_mode="none",
        remove=True,
    )
    yield volume.name
    volume.remove()


@pytest.fixture(scope="module")
def outcomes(client, keys):
    """How each ends that lacks one right, and one of each node that lacks none; all at once."""
    whole = [Right(name, "nothing", "anything missing") for name in NODES if name != "client"]
    with ThreadPoolExecutor(8) as pool:
        return dict(pool.map(lambda right: (right, play(client, keys, right)), [*whole, *RIGHTS]))


def play(client, keys, right):
    """(how it ended: None if it did not, what it said)."""
    service = NODES[right.node]
    name = re.sub(r"[^a-z0-9]+", "-", f"{MARK}-{right}".lower())

    def held(kind):
        values = service.get(kind, ())
        return values if kind != right.kind else [one for one in values if str(one) != right.value]

    networks = [client.networks.create(f"{name}-{place}") for place in service["networks"]]
    container = client.containers.create(
        engine.IMAGE,
        service["command"],
        name=name,
        init=True,
        network=networks[0].name,
        cap_drop=["ALL"],
        cap_add=list(held("cap_add")),
        devices=[f"{device}:{device}:rwm" for device in held("devices")],
        sysctls={one: service["sysctls"][one] for one in held("sysctls")},
        security_opt=["no-new-privileges:true"],
        read_only=True,
        tmpfs={"/run": "", "/tmp": ""},
        volumes={keys: {"bind": compose.LAB, "mode": "ro"}},
        healthcheck={**HEALTH, "test": service.get("healthcheck", {}).get("test", HEALTH["test"])},
        extra_hosts=dict(one.split(":") for one in service["extra_hosts"]),
    )
    try:
        for network in networks[1:]:
            network.connect(container)
        container.start()
        return ended(container)
    finally:
        container.remove(force=True)
        for network in networks:
            network.remove()


def ended(container):
    """Wait until it has ended, or is healthy."""

    def is_decided():
        container.reload()
        state = container.attrs["State"]
        return state["Status"] == "exited" or state["Health"]["Status"] == "healthy"

    wait_for(is_decided, SECONDS, f"{container.name} to end or to be ready")
    state = container.attrs["State"]
    return state["ExitCode"] if state["Status"] == "exited" else None, container.logs().decode()


@pytest.mark.parametrize("right", RIGHTS, ids=str)
def test_a_node_needs_each_of_its_rights(outcomes, right):
    code, said = outcomes[right]
    assert code not in {None, 0}, said
    assert re.search(SAID[right.kind], said), said


def test_a_node_needs_no_more(outcomes):
    endless = {right.node: code for right, (code, _) in outcomes.items() if right.kind == "nothing"}
    assert set(endless.values()) == {None}
