"""Both ends give up root once the tunnel stands; what still works without it, and the exit.

near ===(tun, both programs as nobody)=== far -- files
"""

from __future__ import annotations

import pwd
import signal
from pathlib import Path

import pytest

from tests.scenario.vpn_site import FILES, PAIRS, network, pings, wait_answers, wait_said

pytestmark = [pytest.mark.tun, pytest.mark.root]

NOBODY = ("user=nobody", "group=nogroup")


def owner(end) -> str:
    return pwd.getpwuid(Path(f"/proc/{end.process.pid}").stat().st_uid).pw_name


@pytest.mark.shows("user", "group")
@PAIRS
@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_ends_without_rights_carry_packets_and_leave_nothing(site, tunnel, pair, proto):
    nodes = [site.node("near"), site.node("far")]
    before = [network(node) for node in nodes]
    lab = tunnel(*pair, *NOBODY, f"proto={proto}")
    assert [owner(end) for end in lab.ends] == ["nobody", "nobody"]
    assert pings(lab["near"], FILES)
    assert [end.stop() for end in (lab.client, lab.server)] == [0, 0]
    assert [network(node) for node in nodes] == before


def test_client_without_rights_restarts_with_its_persistent_tun(tunnel):
    lab = tunnel("ours", "ours", *NOBODY, "persist-tun", "persist-key")
    lab.client.process.send_signal(signal.SIGUSR1)
    wait_said(lab.client, "Preserving previous TUN/TAP instance: tun0")
    wait_said(lab.client, "Initialization Sequence Completed", times=2)
    wait_answers(lab["near"], FILES)
    assert owner(lab.client) == "nobody"
