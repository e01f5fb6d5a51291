"""`lab node` and `lab switch`, deployed as containerlab deploys them, but into namespaces."""

from __future__ import annotations

import shlex
import sys

import pytest
import yaml

from labs import ours, topologies
from labs.containers import containerlab
from labs.containers.compose import Export
from labs.settings import Settings
from netns import CommandFailed, Sandbox, wait_for

pytestmark = pytest.mark.tun


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox.create("clab", tmp_path) as made:
        yield made


def deploy(sandbox, topology, directory):
    """Nodes, then what they run, then the links: in the order of containerlab."""
    containerlab.write_keys(directory, topology, Settings())
    file = yaml.safe_load(containerlab.text(Export(topology, Settings())))["topology"]
    nodes = {name: sandbox.add_node(name) for name in file["nodes"]}
    for name, plan in file["nodes"].items():
        for setting, value in plan.get("sysctls", {}).items():
            nodes[name].set_sysctl(setting, value)
        words = [
            str(directory / "lab") if one == "/lab" else one for one in shlex.split(plan["cmd"])
        ]
        assert words.pop(0) == "lab"
        argv = [sys.executable, "-m", "labs", *words]
        nodes[name].start("main", argv, env=ours.environment(), timeout=0)
    for number, link in enumerate(file["links"]):
        ends = [end.split(":") for end in link["endpoints"]]
        sandbox.add_segment(f"link{number}", [(nodes[name], dev) for name, dev in ends])
    return nodes


@pytest.mark.parametrize("name", ["three-lans", "bridged"])
def test_the_client_reaches_the_target_through_the_tunnel(sandbox, tmp_path, name):
    topology = topologies.find(name)
    nodes = deploy(sandbox, topology, tmp_path)
    client, target = (nodes[one] for one in (topology.vpn.clients[0], topology.vpn.target))
    address = topology.address(target.name)

    def is_reached():
        for node in nodes.values():
            main = node.processes()["main"]
            assert main.alive, main.log_text()
        try:
            client.run(["ping", "-c1", "-W1", address])
        except CommandFailed:
            return False
        return True

    wait_for(is_reached, 30, f"{client.name} to reach {target.name}")
    assert "Initialization Sequence Completed" in client.processes()["main"].log_text()
    assert client.processes()["main"].stop() == 0
