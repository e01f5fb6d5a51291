"""One lab for each worker; each test brings up a tunnel of its own in it."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from labs.bringup import furnished
from labs.lab import Lab
from labs.settings import Settings
from labs.topologies import find

TUNNEL_SECONDS = 20.0


@pytest.fixture(scope="session")
def networks():
    """The three LANs without a tunnel."""
    sandbox = furnished(f"interop-{os.getpid()}", find("three-lans"))
    yield sandbox
    sandbox.destroy()


@pytest.fixture
def tunnel(networks):
    """Bring a tunnel up: tunnel("ours", "openvpn", "proto=tcp", ...), client first."""
    labs: list[Lab] = []

    def bring_up(client: str, server: str, *sets: str) -> Lab:
        lab = Lab(networks, find("three-lans"), Settings.of(client, server, sets))
        labs.append(lab)
        lab.write_configs()
        lab.start_tunnel(TUNNEL_SECONDS)
        return lab

    yield bring_up
    for lab in labs:
        for end in lab.ends:
            if end.is_alive:
                end.process.kill()


@pytest.fixture(scope="session")
def two_clients():
    plain = find("three-lans")
    topology = replace(plain, name="two", vpn=replace(plain.vpn, clients=("client", "laptop")))
    with furnished(f"two-{os.getpid()}", topology) as sandbox:
        yield lambda pair, *sets: Lab(sandbox, topology, Settings.of(*pair, sets))


@pytest.fixture
def server_of_two(two_clients):
    """A server that is up, and two clients that are not started."""
    labs: list[Lab] = []

    def up(pair, *sets):
        lab = two_clients(pair, *sets)
        labs.append(lab)
        lab.write_configs()
        lab.server.start()
        lab.server.wait_up(TUNNEL_SECONDS)
        return lab

    yield up
    for lab in labs:
        for end in lab.ends:
            if end.is_alive:
                end.process.kill()


@pytest.fixture
def script(tmp_path):
    """Write a script that an end runs; its name."""

    def write(name: str, body: str) -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def user(tmp_path):
    """The file with user name and password."""
    path = tmp_path / "user"
    path.write_text("alice\nsecret\n", encoding="utf-8")
    path.chmod(0o600)
    return path
