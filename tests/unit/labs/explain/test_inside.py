"""A ping that got lost though the tunnel stands: each judge knows its own case."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from labs import topologies
from labs.explain.inside import JUDGES, stopped, without_address
from labs.explain.ping import Journey, Ping, Stay
from netns import Step

TOPOLOGY = topologies.find("site-to-site")
LEARNED = "MULTI: Learn: 10.8.0.2 -> client/203.0.113.2:40000"


def end(name, role, log=""):
    return SimpleNamespace(
        name=name, role=role, program="openvpn", log_text=lambda: log, is_alive=True,
        process=SimpleNamespace(pid=7, is_stopped=False),
    )  # fmt: skip


def lab(log=LEARNED, forwards="1", refuses=0):
    server, client = end("server", "server", log), end("client", "client")
    routes = SimpleNamespace(
        stdout="10.20.0.10 via 192.168.50.1 dev eth0\n", stderr="", returncode=refuses
    )
    node = SimpleNamespace(sysctl=lambda _name: forwards)

    class Lab(SimpleNamespace):
        def __getitem__(self, _name):
            return node

    return Lab(
        topology=TOPOLOGY, server=server, servers=[server], client=client, clients=[client],
        ends=[server, client], run=lambda *_argv, **_options: routes,
        tunnel_address=lambda _name: "",
    )  # fmt: skip


def stay(node, came, left, hooks=(), ends=("10.8.0.2", "10.20.0.10"), taken_by=None):
    return Stay(node, came, left, frozenset(hooks), *ends, taken_by)


CLIENT = stay("client", "", "tun0")
BRANCH = ("192.168.50.10", "10.20.0.10")
DROP = Step("1", "inet x", "forward", "no-clients", "drop", 'iif "tun0" oif "eth1" ip ttl 64')
INTO = Step("1", "inet x", "forward", "no-clients", "drop", 'iif "tun0" oif "tun0" ip ttl 64')

LOST = {
    "missing-pushed-route": ("client", [stay("client", "", "eth1")]),
    "missing-return-route": ("files", [stay("files", "", "", ends=("10.20.0.10", "10.8.0.2"))]),
    "inner-firewall": ("client", [CLIENT, stay("server", "tun0", "", taken_by=DROP)]),
    "no-client-to-client": ("client", [CLIENT, stay("server", "tun0", "", taken_by=INTO)]),
    "missing-route": ("client", [CLIENT, stay("server", "tun0", "", {"prerouting"})]),
    "missing-iroute": ("branch-pc", [stay("client", "eth0", "tun0", ends=BRANCH)]),
}


def judged(place, seen, target="files"):
    return next((found for judge in JUDGES if (found := judge(place, seen, target))), None)


@pytest.mark.parametrize("cause", LOST)
def test_where_it_ended_names_the_cause(cause):
    source, stays = LOST[cause]
    seen = Ping(source, stays[0].destination, Journey(tuple(stays)), Journey(), "")
    assert judged(lab(), seen).cause == cause


def test_a_kernel_that_does_not_forward():
    stays = (CLIENT, stay("server", "tun0", "", {"prerouting"}))
    seen = Ping("client", "10.20.0.10", Journey(stays), Journey(), "")
    assert judged(lab(forwards="0"), seen).cause == "forwarding-off"


def test_a_kernel_that_refuses_to_send():
    seen = Ping("client", "10.20.0.10", Journey(), Journey(), "connect: Invalid argument")
    assert judged(lab(), seen) is None
    found = judged(lab(refuses=2), seen)
    assert (found.cause, found.node) == ("missing-route", "client")


def test_one_name_from_two_places():
    names = "".join(
        f"[one] Peer Connection Initiated with [AF_INET]203.0.113.{host}:5000\n" for host in (2, 3)
    )
    log = f"{names}MULTI: new connection by client 'one' will cause previous ...\n"
    seen = Ping("client", "10.20.0.10", Journey((CLIENT,)), Journey(), "")
    assert judged(lab(log), seen).cause == "duplicate-certificate"


def test_the_vpn_carries_what_it_knows():
    seen = Ping("client", "10.20.0.10", Journey((CLIENT,)), Journey(), "")
    assert judged(lab(), seen) is None


def test_a_program_that_stands_still():
    place = lab()
    assert stopped(place) is None
    place.server.process.is_stopped = True
    assert stopped(place).cause == "server-stopped"


def test_a_client_for_whom_there_is_no_address():
    assert without_address(lab()) is None
    said = "client/1 MULTI: no free --ifconfig-pool addresses are available"
    assert without_address(lab(said)).cause == "pool-exhausted"
