"""Firewalls between two networks: what passes, what does not, and under which name."""

from __future__ import annotations

import pytest

from netns import ESTABLISHED, Firewall, Nat, Rule, Sandbox, Verdict, Way
from tests.scenario.netns_networks import PYTHON, behind_a_router, ping

pytestmark = pytest.mark.program("nft")

CONNECT = """
import socket, sys
s = socket.socket()
s.settimeout(float(sys.argv[3]))
try:
    s.connect((sys.argv[1], int(sys.argv[2])))
    print("connected")
except ConnectionRefusedError:
    print("refused")
except TimeoutError:
    print("silence")
"""


@pytest.fixture
def network(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        client, router, near, _far = behind_a_router(sandbox)
        near.add_route("192.168.50.0/24", via="203.0.113.1")
        yield client, router, near


def connect(node, address: str, port: int) -> str:
    return node.run([*PYTHON, CONNECT, address, str(port), "0.3"]).stdout.strip()


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [(Verdict.ACCEPT, "refused"), (Verdict.REJECT, "refused"), (Verdict.DROP, "silence")],
)
def test_a_rule_decides_what_the_client_sees(network, verdict, outcome):
    client, router, _ = network
    router.apply(Firewall(rules=(Rule("web", verdict, proto="tcp", destination_port=80),)))
    assert connect(client, "203.0.113.2", 80) == outcome
    assert router.counts()["web"].packets >= 1
    assert ping(client, "203.0.113.2")


def test_one_open_port_and_everything_else_dropped_by_name(network):
    client, router, near = network
    near.start("web", ["sh", "-c", "exec python3 -m http.server 80"])
    near.wait_listening(80)
    web = Rule("web", Verdict.ACCEPT, proto="tcp", destination_port=80)
    firewall = Firewall(rules=(ESTABLISHED, web), forward=Verdict.DROP)
    router.apply(firewall)
    assert connect(client, "203.0.113.2", 80) == "connected"
    assert not ping(client, "203.0.113.2")
    assert router.counts()["forward-default"].packets == 1
    router.remove(firewall)
    assert ping(client, "203.0.113.2")
    assert router.counts() == {}


def test_a_new_firewall_replaces_the_old_one(network):
    client, router, _ = network
    router.apply(Firewall(forward=Verdict.DROP))
    assert not ping(client, "203.0.113.2")
    router.apply(Firewall(rules=(Rule("no-ssh", Verdict.DROP, Way.INPUT, "tcp"),)))
    assert ping(client, "203.0.113.2")


def test_a_packet_is_followed_to_the_rule_that_drops_it(network):
    client, router, _ = network
    router.apply(Nat(inside="eth0", outside="eth1"))
    router.apply(Firewall(rules=(Rule("no-ping", Verdict.DROP, proto="icmp"),)))
    with router.watch_rules("meta l4proto icmp") as watch:
        assert not ping(client, "203.0.113.2")
        met = watch.wait_steps("no-ping")
    assert len({step.packet for step in met}) == 1
    last = met[-1]
    assert (last.table, last.chain, last.verdict) == ("inet firewall", "forward", "drop")
    assert "ip saddr 192.168.50.10" in last.headers
    assert ping(router, "203.0.113.2")
    assert watch.steps() == met  # nobody is followed any more


def test_a_packet_that_passes_is_followed_to_its_translation(network):
    client, router, _ = network
    router.apply(Nat(inside="eth0", outside="eth1"))
    with router.watch_rules("icmp type echo-request") as watch:
        assert ping(client, "203.0.113.2")
        met = watch.wait_steps("nat-out")
    assert [step.rule for step in met] == ["policy", "nat-outgoing", "nat-out"]
