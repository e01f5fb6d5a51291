"""Two stock clients of our server: what passes between them inside of it, and through its tun."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from labs.bringup import furnished
from labs.lab import Lab
from labs.settings import Settings
from labs.topologies import find

TUNNEL_SECONDS = 20.0
PINGS = 30  # more than what two taps have to say by themselves


@pytest.fixture(scope="module")
def topology():
    plain = find("three-lans")
    return replace(plain, name="pair", vpn=replace(plain.vpn, clients=("client", "laptop")))


@pytest.fixture(scope="module")
def sandbox(topology):
    with furnished(f"between-{os.getpid()}", topology) as made:
        yield made


@pytest.mark.shows("client-to-client")
@pytest.mark.parametrize(("dev", "joined"), [("tun", True), ("tap", True), ("tun", False)])
def test_packets_between_clients(sandbox, topology, dev, joined):
    sets = [f"dev={dev}", *(["client-to-client"] if joined else [])]
    if not joined:
        sets.append('server:push="route 10.8.0.0 255.255.255.0"')
    lab = Lab(sandbox, topology, Settings.of("openvpn", "ours", sets))
    lab.write_configs()
    try:
        lab.start_tunnel(TUNNEL_SECONDS)
        other = lab.tunnel_address("laptop")
        ping = ["ping", "-nq", f"-c{PINGS}", "-i0.02", "-W1", other]
        through_tun = crossing(lab, lambda: lab["client"].run(ping, check=joined))
        assert (through_tun >= PINGS) is not joined
    finally:
        for end in lab.ends:
            if end.is_alive:
                end.process.kill()


def crossing(lab: Lab, act) -> int:
    """How many packets the server's kernel gets from its tun while something happens."""

    def received() -> int:
        shown = lab.server.node.run(["ip", "-j", "-s", "link"]).stdout
        return sum(
            link["stats64"]["rx"]["packets"]
            for link in json.loads(shown)
            if link["ifname"].startswith(("tun", "tap"))
        )

    before = received()
    act()
    return received() - before
