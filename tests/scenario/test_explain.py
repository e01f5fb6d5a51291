"""`lab explain` names every fault, from what can be seen alone: each is put in, found, healed.

python -m tests.scenario.confusion      prints the whole matrix, fault by diagnosis, and the seconds
"""

import os

import pytest

from labs import faults, topologies
from labs.bringup import furnished
from labs.explain import explain
from labs.lab import Lab
from labs.settings import Settings
from tests.scenario.confusion import EXPLAINED, TUNNEL_SECONDS, diagnosed

pytestmark = [pytest.mark.tun, pytest.mark.openvpn, pytest.mark.libfaketime]


@pytest.mark.parametrize("fault", EXPLAINED)
def test_a_fault_is_found_and_nothing_else(fault):
    broken, healed = diagnosed(fault, ("ours", "ours"), f"explain-{os.getpid()}")
    assert broken.diagnosis.cause == fault, broken.diagnosis
    assert healed.diagnosis.cause == "nothing", healed.diagnosis


def test_of_two_clients_the_one_that_is_asked_about_is_explained():
    topology = topologies.find("two-clients")
    with furnished(f"explain-{os.getpid()}", topology) as sandbox:
        sets = ["client-b:verify-x509-name=other name"]
        lab = Lab(sandbox, topology, Settings.of(sets=sets))
        lab.write_configs()
        lab.start_servers(TUNNEL_SECONDS)
        for client in lab.clients:
            client.start()
        lab.client.wait_up(TUNNEL_SECONDS)
        for source, cause in (
            ("client-a", "nothing"),
            ("client-b", "wrong-name"),
            (None, "wrong-name"),
        ):
            found = explain(lab, source)
            assert found.cause == cause, (source, found)


@pytest.mark.parametrize("name", topologies.NAMES)
def test_nothing_is_wrong_with_a_healthy_lab(name):
    topology = topologies.find(name)
    sandbox = furnished(f"healthy-{os.getpid()}", topology)
    try:
        lab = Lab(sandbox, topology, Settings.of())
        lab.write_configs()
        lab.start_tunnel(TUNNEL_SECONDS)
        found = explain(lab)
        assert found.cause == "nothing", found
    finally:
        sandbox.destroy()


@pytest.mark.parametrize(
    ("fault", "source"), [("firewall-drop", "client"), ("one-way-block", None)]
)
def test_what_takes_the_packets_of_a_tunnel_that_stands_is_seen(fault, source):
    topology = topologies.find("three-lans")
    with furnished(f"explain-{os.getpid()}", topology) as sandbox:
        lab = Lab(sandbox, topology, Settings.of())
        lab.write_configs()
        lab.start_tunnel(TUNNEL_SECONDS)
        lab.run("client", ["ping", "-c", "1", "-W", "2", topology.address("files")])
        faults.inject(lab, fault)
        assert explain(lab, source).cause == fault
        faults.heal(lab)
        assert explain(lab).cause == "nothing"
