"""A tap server as a switch: VLANs, and MACs that it forgets; the stock program in one role.

The stock server goes through the same tests: what is expected of ours is what it does.
"""

from __future__ import annotations

import pytest

from netns import wait_for

EACH = pytest.mark.parametrize(
    "pair", [("ours", "openvpn"), ("openvpn", "ours")], ids="/".join
)  # client, server
SECONDS = 15.0
SERVER = "10.8.0.1"


@pytest.fixture
def switched(server_of_two, tmp_path):
    """A tap server whose two clients are up; `vlans`: the one of each, if it has its own."""

    def up(pair, *sets, vlans=()):
        lab = server_of_two(pair, "dev=tap", f"server:client-config-dir={tmp_path}", *sets)
        for client, vlan in zip(lab.clients, vlans, strict=False):
            (tmp_path / client.name).write_text(f"vlan-pvid {vlan}\n", encoding="utf-8")
        for client in lab.clients:
            client.start()
            client.wait_up(SECONDS)
        return lab

    return up


def reaches(node, address, *words) -> bool:
    done = node.run(["ping", "-nq", "-c2", "-i0.05", "-W1", *words, address], check=False)
    return done.returncode == 0


@pytest.mark.shows("vlan-tagging", "vlan-pvid")
@EACH
@pytest.mark.parametrize("other", [7, 9])
def test_clients_meet_in_one_vlan_only(switched, pair, other):
    sets = ("server:client-to-client", "server:vlan-tagging")
    lab = switched(pair, *sets, vlans=(7, other))
    assert reaches(lab["client"], lab.tunnel_address("laptop")) is (other == 7)


@pytest.mark.shows("vlan-tagging", "vlan-pvid", "vlan-accept")
@EACH
@pytest.mark.parametrize("accept", ["all", "untagged", "tagged"])
def test_the_tap_is_in_one_vlan_or_a_trunk(switched, pair, accept):
    sets = ("server:vlan-tagging", f"server:vlan-accept={accept}", "server:vlan-pvid=7")
    lab = switched(pair, *sets, vlans=(7, 9))
    assert reaches(lab["client"], SERVER) is (accept != "tagged")
    assert not reaches(lab["laptop"], SERVER)


@pytest.mark.shows("stale-routes-check")
@EACH
def test_a_mac_that_nobody_uses_is_forgotten(switched, pair, script, tmp_path):
    told = tmp_path / "told"
    learn = script("learn", f'echo "$1 $2" >> {told}')
    sets = ("server:stale-routes-check=2 1", f"server:learn-address={learn}")
    lab = switched(pair, *sets, "server:script-security=2")
    assert reaches(lab["client"], SERVER)
    mac = lab["client"].links()["tap0"].mac
    assert f"add {mac}" in told.read_text(encoding="utf-8")
    wait_for(lambda: f"delete {mac}" in told.read_text(encoding="utf-8"), SECONDS, "the end of it")
    assert reaches(lab["client"], SERVER)
