"""What a user does with a lab that is up, and what he is told when it cannot come up."""

from __future__ import annotations

import sys

import pytest

from labs.settings import Settings
from netns.sandbox import Sandbox
from tests.scenario.lab_program import LabProgram

pytestmark = pytest.mark.tun


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The program, with the reference lab up."""
    program = LabProgram(tmp_path_factory.mktemp("lab"))
    program("up")
    yield program
    program("down", "--all")
    assert program.left_over() == []


def test_status_tells_of_both_ends(lab):
    status = lab.json("status")
    assert status["up"]
    assert Settings.of(**status["settings"]) == Settings()
    ends = {end["role"]: end for end in status["ends"]}
    assert ends["client"]["addresses"] == ["10.8.0.2/24"]
    assert ends["server"]["addresses"] == ["10.8.0.1/24"]
    said = lab("status").stdout
    assert "tunnel up" in said
    assert "10.8.0.2/24" in said


def test_exec_passes_words_input_output_and_status(lab):
    assert lab("exec", "client", "hostname").stdout == "client\n"
    assert lab("exec", "client", "sh", "-c", "exit 7", status=7).stdout == ""
    assert lab("exec", "files", "cat", input="to files").stdout == "to files"
    assert lab("exec", "client", "printf", "%s", "--name").stdout == "--name"


def test_exec_reaches_files_by_name_through_the_tunnel_only(lab):
    page = "import urllib.request as u; print(u.urlopen('http://files/', timeout=5).read())"
    assert "You have reached files" in lab("exec", "client", sys.executable, "-c", page).stdout
    assert lab("exec", "laptop", "ping", "-c1", "-W1", "files", status=1)


def test_shell_is_one_on_the_node(lab):
    assert lab("shell", "laptop", input="hostname; pwd\n").stdout.startswith("laptop\n")


def test_unknown_node_is_refused_with_those_there_are(lab):
    assert lab.refusal("exec", "nobody", "true").startswith('no node "nobody" in lab three-lans')
    assert "client, laptop, nat" in lab.refusal("shell", "nobody")


def test_graph_shows_the_addresses_of_the_moment(lab):
    lab("exec", "laptop", "ip", "address", "add", "192.168.50.99/24", "dev", "eth0")
    assert "192.168.50.99" in lab("graph").stdout
    assert "192.168.50.99" not in lab("graph", "--topology", "three-lans").stdout


def test_list_names_labs_and_topologies(lab):
    assert "three-lans" in lab.json("list")["topologies"]
    assert "lab three-lans: topology three-lans, tunnel up" in lab("list").stdout


def test_list_goes_on_after_a_lab_that_is_half_way_up(lab):
    with Sandbox.create("half", lab.state):
        done = lab("list")
    assert done.stdout.startswith("lab three-lans: ")
    assert "lab half: another `lab up` is at work on it" in done.stderr


def test_doctor_finds_nothing_missing_where_a_lab_is_up(lab):
    assert all(fact["is_met"] for fact in lab.json("doctor") if fact["name"] != "openvpn")
    assert "tun device" in lab("doctor").stdout
    for line in lab("doctor", "--ci").stdout.splitlines():
        assert line.split("\t")[0] in {"ok", "absent"}


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        (("frobnicate=1",), "frobnicate"),
        (("client:remote-cert-tls=client",), "tunnel did not come up"),
        (("client:tls-auth",), "tunnel did not come up: not within 2 s"),
        (("server:ca=none.crt",), "none.crt"),
    ],
)
def test_tunnel_that_cannot_come_up_is_explained_in_one_line(lab, sets, words):
    options = [word for setting in sets for word in ("--set", setting)]
    refusal = lab.refusal("up", "--name", "bad", "--timeout", "2", *options)
    assert words in refusal
    assert not (lab.state / "bad").exists()


def test_lab_without_a_tunnel_is_kept_when_told(lab):
    words = ("--name", "kept", "--timeout", "5", "--keep", "--set", "client:tls-auth")
    refusal = lab.refusal("up", *words)
    assert "tunnel did not come up" in refusal
    status = lab.json("status", "--name", "kept", status=1)
    assert not status["up"]
    assert status["ends"][1]["state"] == "connecting"
    lab("exec", "--name", "kept", "client", "ping", "-c1", "-W2", "192.168.50.1")
    lab("down", "--name", "kept")
