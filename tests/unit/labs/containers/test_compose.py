"""The compose file: each node, link and address of a topology; and the one at the root is fresh."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
import yaml

from labs import topologies
from labs.containers import compose
from labs.containers.compose import Export, Vpn
from labs.errors import LabError
from labs.settings import Settings

ROOT = Path(__file__).parents[4]
OWN = "client-keys:/lab/vpn/client:ro"
OVERLAPPING = {"two-clients", "overlapping"}
ALL = sorted({*topologies.NAMES} - OVERLAPPING)


def exported(name="three-lans", settings=None, **more):
    return yaml.safe_load(
        compose.text(Export(topologies.find(name), settings or Settings(), **more))
    )


def test_the_file_at_the_root_is_what_lab_export_prints():
    written = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert written == compose.text(Export(topologies.find("three-lans"), Settings()))


@pytest.mark.parametrize("name", ALL)
def test_every_port_of_every_node_is_there(name):
    topology, file = topologies.find(name), exported(name)
    planned = {
        (port.node, port.segment, port.address.partition("/")[0])
        for node in topology.nodes
        for port in topology.ports(node.name)
    }
    services = {node.name: file["services"][node.name] for node in topology.nodes}
    assert planned == {
        (node, segment, held["ipv4_address"])
        for node, service in services.items()
        for segment, held in service["networks"].items()
    }
    assert set(file["services"]) == {*services, "configs", "ping", "lab"}


@pytest.mark.parametrize("name", ALL)
def test_docker_keeps_an_address_that_no_node_has(name):
    topology, file = topologies.find(name), exported(name)
    for segment in topology.segments:
        (ipam,) = file["networks"][segment.name]["ipam"]["config"]
        hosts = {ipaddress.ip_network(segment.subnet)[one] for one in segment.hosts.values()}
        gateway = ipaddress.ip_address(ipam["gateway"])
        assert gateway in ipaddress.ip_network(ipam["subnet"])
        assert gateway not in hosts


def test_nobody_is_privileged_and_nobody_has_more_than_one_capability():
    services = exported()["services"]
    lab = services.pop("lab")
    assert lab["cap_add"] == ["NET_ADMIN", "SYS_ADMIN"]
    for helper in ("configs", "ping"):
        assert "cap_add" not in services.pop(helper)
    for service in services.values():
        assert (service["cap_drop"], service["cap_add"]) == (["ALL"], ["NET_ADMIN"])
        assert service["read_only"] is True
        assert "privileged" not in service


def test_only_the_ends_have_the_tun_device_and_only_routers_forward():
    topology, services = topologies.find("three-lans"), exported()["services"]
    with_tun = {name for name, service in services.items() if "devices" in service}
    assert with_tun == {"client", "server", "lab"}
    forwarding = {name for name, service in services.items() if "sysctls" in service}
    assert forwarding == {node.name for node in topology.nodes if node.is_router}


def test_clients_wait_for_their_servers():
    services = exported("two-servers")["services"]
    assert services["client"]["depends_on"]["server-b"] == {"condition": "service_healthy"}
    assert "client" not in services["server-b"]["depends_on"]


def test_what_the_user_chose_is_in_the_commands():
    settings = Settings.of("ours", "openvpn", ["proto=tcp", "client:verb=4"])
    services = exported(settings=settings)["services"]
    assert services["server"]["command"][-2:] == ["--vpn", "openvpn"]
    assert services["configs"]["command"][-4:] == ["--set", "proto=tcp", "--set", "client:verb=4"]


def test_somebody_elses_vpn_has_its_nodes_network_and_its_own_configuration():
    services = exported(vpns={"server": Vpn("their/vpn", ("run", "server.conf"))})["services"]
    vpn, node = services["server-vpn"], services["server"]
    assert (vpn["image"], vpn["command"]) == ("their/vpn", ["run", "server.conf"])
    assert (vpn["network_mode"], vpn["working_dir"]) == ("service:server", "/lab/vpn/server")
    assert vpn["depends_on"]["server"] == {"condition": "service_healthy"}
    assert "--vpn" not in node["command"]
    assert "devices" not in node
    assert "server-vpn" in services["client"]["depends_on"]
    assert "server" not in services["client"]["depends_on"]


def test_a_topology_of_ones_own_goes_into_every_node():
    services = exported(file="mine.toml")["services"]
    assert "./mine.toml:/mine.toml:ro" in services["nat"]["volumes"]
    assert services["client"]["volumes"] == [OWN, "./mine.toml:/mine.toml:ro"]
    assert services["configs"]["command"][-2:] == ["--topology", "/mine.toml"]


@pytest.mark.parametrize("name", sorted(OVERLAPPING))
def test_networks_that_overlap_are_refused_with_another_way(name):
    with pytest.raises(LabError, match=f"overlap.*lab up --backend docker {name}"):
        exported(name)


def test_each_end_has_its_own_keys_only():
    file = exported("two-servers")
    for name in ("client", "server-a", "server-b"):
        (volume,) = file["services"][name]["volumes"]
        assert volume == f"{name}-keys:/lab/vpn/{name}:ro"
    written = file["services"]["configs"]["volumes"]
    assert {one.partition(":")[0] for one in written} == set(file["volumes"])
