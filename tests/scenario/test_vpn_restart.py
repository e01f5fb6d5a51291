"""An end that dies without a word: the other notices, and the tunnel comes back by itself.

near ===(tun)=== far -- files
"""

from __future__ import annotations

import pytest

from tests.scenario.vpn_site import FILES, PAIRS, network, pings, wait_answers, wait_said

pytestmark = pytest.mark.tun

UP = "Initialization Sequence Completed"
LOST = {
    "udp": "SIGUSR1[soft,ping-restart] received, process restarting",
    "tcp": "SIGUSR1[soft,connection-reset] received, process restarting",
}
PROTOS = pytest.mark.parametrize("proto", ["udp", "tcp"])
KEEPALIVE = "server:keepalive=1 3"


@pytest.mark.shows("keepalive")
@PAIRS
@PROTOS
def test_client_comes_back_to_a_server_that_was_killed_and_restarted(tunnel, pair, proto):
    lab = tunnel(*pair, KEEPALIVE, f"proto={proto}")
    lab.server.process.kill()
    lab.server.start()
    lab.server.wait_up(20)
    wait_said(lab.client, LOST[proto])
    wait_said(lab.client, UP, times=2)
    wait_answers(lab["near"], FILES)


@PROTOS
@pytest.mark.slow
def test_client_keeps_trying_while_there_is_no_server(tunnel, proto):
    lab = tunnel("ours", "ours", KEEPALIVE, f"proto={proto}", "client:hand-window=2")
    lab.server.process.kill()
    wait_said(lab.client, LOST[proto])
    wait_said(lab.client, " process restarting", times=3)
    lab.server.start()
    wait_said(lab.client, UP, times=2, seconds=40)
    wait_answers(lab["near"], FILES)


@PAIRS
@PROTOS
def test_server_takes_back_a_client_that_was_killed_and_restarted(tunnel, pair, proto):
    lab = tunnel(*pair, KEEPALIVE, f"proto={proto}")
    address = lab.tunnel_address("near")
    lab.client.process.kill()
    lab.client.start()
    lab.client.wait_up(20)
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], lab.tunnel_address("near"))
    assert lab.tunnel_address("near") == address


@PROTOS
def test_killed_end_leaves_nothing_in_its_node(site, tunnel, proto):
    nodes = [site.node("near"), site.node("far")]
    before = [network(node) for node in nodes]
    lab = tunnel("ours", "ours", f"proto={proto}", "push=route 198.51.100.0 255.255.255.0")
    for end in (lab.client, lab.server):
        end.process.kill()
    assert [network(node) for node in nodes] == before
