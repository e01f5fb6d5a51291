"""Our program at both ends: what a tunnel carries, over each device and transport, and how it ends.

near ===(tun or tap, over UDP or TCP)=== far -- files
"""

from __future__ import annotations

import hashlib
import random
import sys

import pytest

from tests.interop.exercise import (
    client_notices_that_the_server_leaves,
    server_notices_that_the_client_leaves,
)
from tests.scenario.vpn_site import FILES, pings

pytestmark = pytest.mark.tun

SIZE = 3_000_000
FETCH = """
import hashlib, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=30) as answer:
    print(hashlib.sha256(answer.read()).hexdigest())
"""
DEVICES = pytest.mark.parametrize("device", ["tun", "tap"])
PROTOS = pytest.mark.parametrize("proto", ["udp", "tcp"])


@pytest.fixture
def published(site):
    """A file on the web server of `files`, by its digest."""
    content = random.Random(1).randbytes(SIZE)
    path = site.directory / "www" / "files" / "blob"
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.shows("dev", "proto", "remote", "client", "server", "push")
@DEVICES
@PROTOS
def test_pings_pass_both_ways_and_a_file_arrives_whole(tunnel, published, device, proto):
    lab = tunnel("ours", "ours", f"dev={device}", f"proto={proto}")
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], lab.tunnel_address("near"))
    assert pings(lab["near"], FILES, size=1472)
    fetch = [sys.executable, "-ISc", FETCH, f"http://{FILES}/blob"]
    assert lab.run("near", fetch, timeout=30).stdout.strip() == published


@DEVICES
@PROTOS
def test_an_end_that_exits_is_noticed_by_the_other(tunnel, device, proto):
    lab = tunnel("ours", "ours", f"dev={device}", f"proto={proto}")
    server_notices_that_the_client_leaves(lab)
    lab.client.start()
    lab.client.wait_up(20)
    client_notices_that_the_server_leaves(lab)


@DEVICES
def test_clients_reach_each_other_through_the_server(tunnel, device):
    lab = tunnel("ours", "ours", f"dev={device}", "client-to-client", clients=2)
    assert pings(lab["near"], lab.tunnel_address("third"))
    assert pings(lab["third"], lab.tunnel_address("near"))
