"""A node that furnishes itself from within, as a container does."""

from __future__ import annotations

import sys

import pytest

from labs import ours
from netns import CommandFailed, Sandbox


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox.create("here", tmp_path) as made:
        yield made


BEGIN = "from netns.here import Here; here = Here('inside')\n"


def run(node, program):
    """Run lines of Python in the node."""
    return node.run([sys.executable, "-c", BEGIN + program], env=ours.environment()).stdout


def furnished(sandbox):
    """A node whose two links have each other's names."""
    inside, left, right = (sandbox.add_node(name) for name in ("inside", "left", "right"))
    sandbox.add_segment("one", [(inside, "eth1"), (left, "eth0")])
    sandbox.add_segment("two", [(inside, "eth0"), (right, "eth0")])
    left.add_address("eth0", "192.0.2.2/24")
    right.add_address("eth0", "198.51.100.2/24")
    return inside, left, right


WANTED = "here.claim_links({'eth0': '192.0.2.1/24', 'eth1': '198.51.100.1/24'}%s)\n"
ADDRESSES = (
    "here.add_address('eth0', '192.0.2.1/24'); here.add_address('eth1', '198.51.100.1/24')\n"
)


def test_links_are_known_by_the_addresses_they_have(sandbox):
    inside, _left, _right = furnished(sandbox)
    inside.add_address("eth1", "192.0.2.1/24")
    inside.add_address("eth0", "198.51.100.1/24")
    run(inside, WANTED % "" + ADDRESSES)
    inside.run(["ping", "-c1", "-W2", "-I", "eth0", "192.0.2.2"])
    inside.run(["ping", "-c1", "-W2", "-I", "eth1", "198.51.100.2"])


def test_links_are_taken_in_the_order_in_which_they_are_named(sandbox):
    inside, _left, _right = furnished(sandbox)
    run(inside, WANTED % ", ['eth1', 'eth0']" + ADDRESSES)
    inside.run(["ping", "-c1", "-W2", "-I", "eth0", "192.0.2.2"])


def test_a_link_that_only_has_the_name_gives_it_up(sandbox):
    inside, _left, _right = furnished(sandbox)
    run(inside, "here.claim_links({'eth0': '192.0.2.1/24'}, ['eth1'])")
    assert {"eth0", "eth0-other"} <= set(inside.links())


def test_no_default_route_is_left_but_the_one_that_is_added(sandbox):
    inside, left, _right = furnished(sandbox)
    inside.add_address("eth1", "192.0.2.1/24")
    inside.add_route("default", via="192.0.2.2")
    inside.add_route("default", via="192.0.2.3", metric=50)
    run(inside, "here.forget_default_routes()")
    assert inside.run(["ip", "route", "show", "default"]).stdout == ""
    run(inside, "here.add_route('default', '192.0.2.2')")
    assert "via 192.0.2.2" in inside.run(["ip", "route", "show", "default"]).stdout
    assert left.name == "left"


def test_rules_names_and_settings(sandbox):
    inside, _left, _right = furnished(sandbox)
    run(
        inside,
        "from netns import Firewall, Verdict\n"
        "here.apply(Firewall(forward=Verdict.DROP))\n"
        "here.add_hosts({'left': '192.0.2.2'}); here.add_hosts({'left': '192.0.2.9'})\n"
        "here.set_sysctl('net.ipv4.ip_forward', 1)\n"
        "here.set_mtu('eth0', 1400)\n",
    )
    assert inside.sysctl("net.ipv4.ip_forward") == "1"
    assert "forward-default" in inside.counts()
    assert inside.links()["eth0"].mtu == 1400
    assert inside.hosts_path.read_text(encoding="utf-8").count("left") == 1


def test_a_bridge_takes_its_ports_addresses_away(sandbox):
    inside, left, _right = furnished(sandbox)
    inside.add_address("eth1", "192.0.2.1/24")
    run(
        inside,
        "here.add_tap('tap0'); here.add_bridge('br0', ['eth1', 'tap0'])\n"
        "here.add_address('br0', '192.0.2.1/24')\n",
    )
    left.run(["ping", "-c1", "-W2", "192.0.2.1"])
    assert "192.0.2.1" not in inside.run(["ip", "address", "show", "dev", "eth1"]).stdout


def test_a_script_that_nft_refuses_is_one_line(sandbox):
    inside, _left, _right = furnished(sandbox)
    with pytest.raises(CommandFailed, match="inside: table inet firewall: nft"):
        run(
            inside,
            "from netns import Firewall, Rule, Verdict\n"
            "here.apply(Firewall(rules=(Rule('bad', Verdict.DROP, proto='nothing'),)))\n",
        )
