"""A slow and lossy line on a router, with root and without."""

from __future__ import annotations

import os
import re

import pytest

from netns import Sandbox

pytestmark = [pytest.mark.tun, pytest.mark.program("ping")]


@pytest.fixture
def router():
    with Sandbox.create(f"wire-{os.getpid()}") as sandbox:
        one, middle, other = (sandbox.add_node(name) for name in ("one", "middle", "other"))
        sandbox.add_segment("left", [(one, "eth0"), (middle, "eth0")])
        sandbox.add_segment("right", [(middle, "eth1"), (other, "eth0")])
        middle.set_sysctl("net.ipv4.ip_forward", 1)
        for node, dev, number in ((one, "eth0", 1), (middle, "eth0", 2)):
            node.add_address(dev, f"192.0.2.{number}/24")
        for node, dev, number in ((middle, "eth1", 1), (other, "eth0", 2)):
            node.add_address(dev, f"198.51.100.{number}/24")
        one.add_route("default", via="192.0.2.2")
        other.add_route("default", via="198.51.100.1")
        yield one, middle


def round_trips(node, count=5):
    argv = ["ping", "-n", "-c", str(count), "-i", "0.05", "-W", "2", "198.51.100.2"]
    return [float(one) for one in re.findall(r"time=([\d.]+)", node.run(argv, check=False).stdout)]


def test_a_packet_waits_in_each_direction_and_no_longer_afterwards(router):
    one, middle = router
    with middle.wire("eth0", "eth1", delay=0.03):
        slow = round_trips(one)
    assert len(slow) == 5
    assert min(slow) >= 60
    assert min(round_trips(one)) < 30


def test_losses_are_those_of_the_seed(router):
    one, middle = router

    def answered():
        with middle.wire("eth0", loss=0.3, seed=3):
            return len(round_trips(one, 20))

    first = answered()
    assert 5 <= first < 20
    assert answered() == first
