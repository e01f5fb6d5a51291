"""`lab break`, `lab explain`, `lab heal` and `lab scenario`, as a user types them."""

from __future__ import annotations

import json

import pytest
from scapy.utils import PcapNgReader

from tests.scenario.lab_program import LabProgram

pytestmark = pytest.mark.tun


@pytest.fixture
def lab(tmp_path):
    program = LabProgram(tmp_path)
    yield program
    program("down", "--all")
    assert program.left_over() == []


def test_what_was_broken_is_explained_and_healed(lab):
    lab("up")
    assert lab("explain").stdout == "nothing: nothing wrong found\n"
    said = lab("break", "firewall-drop").stdout
    assert "the firewall drops what comes to the VPN's port" in said

    found = lab("explain", status=11).stdout.splitlines()
    assert found[0].startswith("firewall-drop: firewall drops udp port 1194, by its rule")
    assert "  node    firewall" in found
    assert any(line.startswith("  do      let udp port 1194") for line in found)
    diagnosis = lab.json("explain", status=11)
    assert (diagnosis["cause"], diagnosis["kind"]) == ("firewall-drop", "path")
    assert diagnosis["rule"] == "forward-default"

    assert "the tunnel is up" in lab("heal").stdout
    assert lab.json("explain")["cause"] == "nothing"
    assert lab("heal").stdout == "lab three-lans has no fault\n"


def test_faults_are_refused_by_one_line(lab):
    lab("up")
    assert lab.refusal("break", "nix") == 'no fault "nix" (lab break --list)'
    assert lab.refusal("break", "balancer-flip") == (
        "fault balancer-flip is for topology two-servers: this lab is three-lans"
    )
    assert lab.refusal("heal", "wrong-ca").startswith("fault wrong-ca is not in lab three-lans")
    lab("break", "wrong-ca")
    assert lab.refusal("break", "wrong-ca").startswith("fault wrong-ca is in lab three-lans")
    assert "wrong-ca" in lab("break", "--list").stdout


def test_a_scenario_is_told_and_recorded(lab):
    told = lab("scenario", "run", "pushed-route", "--pcap", "all.pcapng").stdout.splitlines()
    assert told[0].startswith("A pushed route stands in the client's kernel table")
    assert "  + client reaches files at 10.20.0.10" in told
    assert told[-1].startswith("played in ")
    assert lab.json("list")["labs"] == []
    with PcapNgReader(str(lab.place / "all.pcapng")) as packets:
        cables = {str(packet.sniffed_on) for packet in packets}
    assert "server-lan: files eth0" in cables


def test_a_scenario_is_kept_for_a_look(lab):
    lab("scenario", "run", "pushed-route", "--keep")
    assert [one["name"] for one in lab.json("list")["labs"]] == ["pushed-route"]


def test_scenarios_are_listed_and_refused_by_name(lab):
    names = [one["name"] for one in json.loads(lab("scenario", "list", "--json").stdout)]
    assert "pushed-route" in names
    said = lab("scenario", "list").stdout.splitlines()
    assert said[-1] == f"{len(names)} scenarios"
    assert lab.refusal("scenario", "run", "pushed-rout").startswith('no scenario "pushed-rout"')
