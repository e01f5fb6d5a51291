"""What a signal does to either end of a tunnel, and that an exit leaves the node as it was.

near ===(tun over UDP)=== far -- files
"""

from __future__ import annotations

import signal

import pytest

from tests.scenario.vpn_site import FILES, network, pings, wait_answers, wait_said

pytestmark = [pytest.mark.tun, pytest.mark.program("ip")]

UP = "Initialization Sequence Completed"
EVERYTHING = (
    "push=redirect-gateway def1",
    "push=route 198.51.100.0 255.255.255.0",
    "push=ifconfig-ipv6 fd00:8::2/64 fd00:8::1",
    "push=route-ipv6 fd00:9::/64",
    "server:route=203.0.113.0 255.255.255.0",
)
ENDS = pytest.mark.parametrize("role", ["client", "server"])
PROTOS = pytest.mark.parametrize("proto", ["udp", "tcp"])


def end_of(lab, role):
    return lab.client if role == "client" else lab.server


@PROTOS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_exit_leaves_both_nodes_as_they_were(site, tunnel, proto, number):
    nodes = [site.node("near"), site.node("far")]
    before = [network(node) for node in nodes]
    lab = tunnel("ours", "ours", f"proto={proto}", *EVERYTHING)
    assert all(now != then for now, then in zip(map(network, nodes), before, strict=True))
    for end in (lab.client, lab.server):
        end.process.send_signal(number)
        assert end.process.wait() == 0
        wait_said(end, " received, process exiting")
    assert [network(node) for node in nodes] == before


@PROTOS
@ENDS
@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP])
def test_tunnel_returns_after_a_restart_by_signal(tunnel, proto, role, number):
    lab = tunnel("ours", "ours", f"proto={proto}")
    end, pid = end_of(lab, role), end_of(lab, role).process.pid
    end.process.send_signal(number)
    wait_said(end, f"{number.name}[hard,] received, process restarting")
    wait_said(end, UP, times=2)
    wait_said(lab.client, UP, times=2)
    wait_answers(lab["near"], FILES)
    assert end.process.pid == pid


@pytest.mark.shows("persist-tun")
@ENDS
def test_restart_with_persist_tun_keeps_the_device(tunnel, role):
    lab = tunnel("ours", "ours", "persist-tun", "persist-key")
    end = end_of(lab, role)
    before = end.node.links()["tun0"].index
    end.process.send_signal(signal.SIGUSR1)
    wait_said(end, "Preserving previous TUN/TAP instance: tun0")
    wait_said(lab.client, UP, times=2)
    wait_answers(lab["near"], FILES)
    assert end.node.links()["tun0"].index == before


@pytest.mark.shows("dev", "config")
@ENDS
def test_sighup_reads_the_configuration_again(tunnel, role):
    lab = tunnel("ours", "ours")
    end = end_of(lab, role)
    text = end.config.read_text(encoding="utf-8")
    end.config.write_text(text.replace("dev tun", "dev tun7"), encoding="utf-8")
    end.process.send_signal(signal.SIGHUP)
    wait_said(end, "TUN/TAP device tun7 opened")
    wait_said(lab.client, UP, times=2)
    wait_answers(lab["near"], FILES)
    assert "tun0" not in end.node.links()


@ENDS
def test_sigusr2_prints_statistics_and_changes_nothing(tunnel, role):
    lab = tunnel("ours", "ours")
    end = end_of(lab, role)
    end.process.send_signal(signal.SIGUSR2)
    wait_said(end, "OpenVPN CLIENT LIST" if role == "server" else "TUN/TAP read bytes")
    assert pings(lab["near"], FILES)
    assert end.log_text().count(UP) == 1
