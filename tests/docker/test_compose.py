"""compose.yaml on a clean engine: up, the tunnel and what is behind it, the rights, down."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest
import yaml

from labs import topologies
from labs.containers import compose
from labs.containers.compose import Export, Vpn
from labs.settings import Settings
from tests.docker import engine

TOPOLOGY = topologies.find("three-lans")
PROJECT = f"compose-{os.getpid()}"
LARGEST = 150e6  # bytes of the image, compressed


class Project:
    """The services of compose.yaml, or of another file."""

    def __init__(self, environment, docker, file=engine.ROOT / "compose.yaml") -> None:
        self._docker = docker
        self._file = file
        environment = {**environment, "VPNLAB_IMAGE": engine.IMAGE}
        self._environment = {**environment, "COMPOSE_PROJECT_NAME": PROJECT}
        self._compose = engine.compose()

    def run(self, *words, timeout=90.0):
        began = time.monotonic()
        done = subprocess.run(
            [*self._compose, "--file", self._file, *words],
            env=self._environment,
            cwd=engine.ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        engine.MEASURED[f"compose {' '.join(words)}"] = f"{time.monotonic() - began:.1f} s"
        return done

    def on(self, service, *words):
        """Run a program in a service's container; what it printed."""
        labels = (f"project={PROJECT}", f"service={service}")
        filters = [
            word for one in labels for word in ("--filter", f"label=com.docker.compose.{one}")
        ]
        container = self._docker("ps", "--quiet", *filters).strip()
        return self._docker("exec", container, *words, check=False)


@pytest.fixture(scope="module")
def project(docker_environment, docker):
    services = Project(docker_environment, docker)
    try:
        up = services.run("up", "-d")
        assert up.returncode == 0, up.stderr
        yield services
    finally:
        services.run("down", "-v", "--remove-orphans")


def test_compose_takes_the_exports(docker_environment, tmp_path):
    for name in ("three-lans", "site-to-site", "bridged", "two-servers"):
        file = tmp_path / f"{name}.yaml"
        file.write_text(compose.text(Export(topologies.find(name), Settings())), encoding="utf-8")
        words = [*engine.compose(), "--file", file, "config", "--quiet"]
        said = subprocess.run(words, env=docker_environment, capture_output=True, text=True)
        assert (said.returncode, said.stderr) == (0, ""), name


def test_image_is_small(docker_environment):
    said = subprocess.run(
        ["sh", "-c", f"docker save {engine.IMAGE} | gzip -1 | wc -c"],
        env=docker_environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    engine.MEASURED["image, compressed"] = f"{int(said) / 1e6:.0f} MB"
    assert int(said) < LARGEST


def test_up_ends_with_a_ping_through_the_tunnel(project):
    project.run("up", "--no-recreate", "ping")  # it may be under way still
    assert "3 received" in project.run("logs", "ping").stdout
    assert "dev tun0" in project.on("client", "ip", "route", "get", "10.20.0.10")


def test_files_offers_pages_and_files(project):
    assert "You have reached files" in project.on("client", "curl", "-s", "http://files/")
    assert "index.html" in project.on("client", "curl", "-s", "ftp://files/")


def test_who_has_no_tunnel_does_not_reach_files(project):
    assert " 0 received" in project.on("laptop", "ping", "-c1", "-W1", "files")


def test_server_sees_the_nat_and_not_the_client(project):
    said = project.run("logs", "server").stdout
    assert "Peer Connection Initiated with [AF_INET]203.0.113.2:" in said
    assert "192.168.50.10" not in said


def test_no_node_reaches_the_host(project):
    for node in TOPOLOGY.nodes:
        ports = TOPOLOGY.ports(node.name)
        routes = json.loads(project.on(node.name, "ip", "-json", "route", "show", "default"))
        assert [route["gateway"] for route in routes] == ([node.gateway] if node.gateway else [])
        links = json.loads(project.on(node.name, "ip", "-json", "link", "show"))
        assert {port.dev for port in ports} <= {link["ifname"] for link in links}


def test_client_needs_the_tun_device(project, docker):
    project.run("stop", "client")
    client = yaml.safe_load((engine.ROOT / "compose.yaml").read_text("utf-8"))["services"]["client"]
    said = docker(
        *("run", "--rm", "--cap-drop=ALL", "--cap-add=NET_ADMIN", "--no-healthcheck"),
        *(
            f"--network={PROJECT}_client-lan",
            "--ip=192.168.50.10",
            f"--volume={PROJECT}_client-keys:/lab/vpn/client",
        ),
        *(engine.IMAGE, *client["command"]),
        check=False,
    )
    assert "Cannot open TUN/TAP dev /dev/net/tun" in said


def test_whole_lab_runs_in_one_container(project):
    done = project.run("run", "--rm", "lab", "lab", "up")
    assert "3 received" in done.stdout, done.stderr


def test_somebody_elses_vpn_at_one_end(docker_environment, docker, tmp_path):
    services = Project(docker_environment, docker)
    services.run("down", "-v", "--remove-orphans")
    stock = Vpn(engine.IMAGE, ("openvpn", "--config", "server.conf"))
    file = tmp_path / "compose.yaml"
    plan = Export(TOPOLOGY, Settings(), {"server": stock})
    file.write_text(compose.text(plan), encoding="utf-8")
    services = Project(docker_environment, docker, file)
    try:
        up = services.run("up", "-d")
        assert up.returncode == 0, up.stderr
        services.run("up", "--no-recreate", "ping")
        assert "3 received" in services.run("logs", "ping").stdout
        assert "OpenVPN 2." in services.run("logs", "server-vpn").stdout
        assert "Initialization" not in services.run("logs", "server").stdout
    finally:
        services.run("down", "-v", "--remove-orphans")


def test_down_leaves_nothing(docker, docker_environment):
    services = Project(docker_environment, docker)
    services.run("down", "-v", "--remove-orphans")
    mine = ("--filter", f"label=com.docker.compose.project={PROJECT}", "--quiet")
    assert docker("ps", "--all", *mine) == ""
    assert docker("network", "ls", *mine) == ""
    assert docker("volume", "ls", *mine) == ""
