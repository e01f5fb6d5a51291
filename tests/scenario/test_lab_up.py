"""`lab up`, again and differently, and `lab down`: what a user sees."""

from __future__ import annotations

import re
import signal
import subprocess
import time

import pytest

from tests.scenario.lab_program import LabProgram

pytestmark = pytest.mark.tun

REPLY = re.compile(r"64 bytes from 10\.20\.0\.10: icmp_seq=\d+ ttl=63 time=")

SITE = """
title = "two hosts, one cable"

[segments.cable]
subnet = "192.0.2.0/24"
hosts = { near = 1, far = 2 }

[segments.inside]
subnet = "10.77.0.0/24"
hosts = { far = 1 }

[vpn]
clients = ["near"]
server = "far"
remote = "192.0.2.2"
target = "far"
network = "10.9.0.0/24"
routes = ["10.77.0.0/24"]
"""


@pytest.fixture
def lab(tmp_path):
    """The program, with nothing up; what a test leaves up is taken down."""
    program = LabProgram(tmp_path)
    yield program
    program("down", "--all")
    assert program.left_over() == []


def pids(status) -> list[int]:
    return [status["pid"], *(end["pid"] for end in status["ends"])]


def test_up_ends_with_replies_the_drawing_and_three_things_to_try(lab):
    said = lab("up").stdout
    assert len(REPLY.findall(said)) == 3
    for address in ("192.168.50.10", "203.0.113.2", "198.51.100.9", "10.20.0.1"):
        assert address in said
    assert re.search(r"tun0\s+10\.8\.0\.2 =+\+", said)
    assert re.search(r"tun0\s+10\.8\.0\.1 =+\+", said)
    tries = said.partition("Try:\n")[2].splitlines()
    assert len(tries) == 3
    assert all(line.split()[0].endswith("lab") for line in tries)


def test_up_says_how_long_the_first_reply_took(lab):
    """How long that is on a quiet machine: tests/perf/first_reply.py."""
    begin = time.monotonic()
    seconds = lab.json("up")["seconds_to_first_reply"]
    assert 0 < seconds < time.monotonic() - begin


def test_up_twice_changes_nothing(lab):
    first = lab.json("up")
    again = lab.json("up")
    assert (first["new"], again["new"]) == (True, False)
    assert pids(first) == pids(again)
    assert "was up already" in lab("up").stdout


def test_up_with_other_settings_is_refused_and_replaces_when_told(lab):
    first = lab.json("up")
    refusal = lab.refusal("up", "--set", "proto=tcp")
    assert refusal.startswith("lab three-lans is up with other settings")
    assert "--replace" in refusal
    assert pids(lab.json("status")) == pids(first)
    replaced = lab.json("up", "--set", "proto=tcp", "--replace")
    assert replaced["new"]
    assert not set(pids(first)) & set(pids(replaced))


def test_down_leaves_nothing_and_may_be_said_twice(lab):
    lab("up")
    assert lab("down").stdout == "lab three-lans is down\n"
    assert lab.left_over() == []
    assert lab("down").stdout == "no lab is up\n"
    assert lab("down", "--name", "three-lans").stdout == "lab three-lans is not up\n"


def test_own_topology_comes_up_and_goes_down_without_its_file(lab):
    site = lab.place / "my-site.toml"
    site.write_text(SITE, encoding="utf-8")
    status = lab.json("up", "my-site.toml")
    assert lab.json("up", "--topology", "my-site.toml")["pid"] == status["pid"]
    assert status["name"] == "my-site"
    assert status["ends"][1]["addresses"] == ["10.9.0.2/24"]
    site.unlink()
    assert "10.77.0.1" in lab("graph").stdout
    assert lab("exec", "near", "ping", "-c1", "-W2", "10.77.0.1").returncode == 0
    lab("down")


def test_two_ups_at_once_make_one_lab(lab):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options = {"env": lab.environment, "cwd": lab.place}
    both = [subprocess.Popen(lab.argv("up"), **options, **pipes) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    statuses = [process.returncode for process in both]
    assert 0 in statuses
    for status, (_output, errors) in zip(statuses, said, strict=True):
        assert status == 0 or "three-lans" in errors.splitlines()[-1]
        assert "Traceback" not in errors
    assert len(lab.json("list")["labs"]) == 1
    assert lab.json("status")["up"]


def test_up_that_is_interrupted_leaves_nothing(lab):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options = {"env": lab.environment, "cwd": lab.place}
    words = lab.argv("up", "--set", "route-delay=60")  # it can't be up before the signal comes
    heard = ["env", "--default-signal=INT"]  # what runs in the background may not hear it
    with subprocess.Popen([*heard, *words], **options, **pipes) as process:
        assert process.stderr.readline().split()[1] == "nodes"  # the tunnel is next
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert errors.splitlines()[-1] == "lab: interrupted"
    assert lab.left_over() == []


def test_two_labs_are_up_at_once_with_equal_names_and_addresses(lab):
    one = lab.json("up", "--name", "one")
    two = lab.json("up", "--name", "two", "--set", "dev=tap")
    assert [end["addresses"] for end in one["ends"]] == [end["addresses"] for end in two["ends"]]
    assert {status["name"] for status in lab.json("list")["labs"]} == {"one", "two"}
    assert "say which: --name" in lab.refusal("status")
    lab("exec", "--name", "one", "client", "ip", "link", "show", "tun0")
    lab("exec", "--name", "two", "client", "ip", "link", "show", "tap0")
    lab("down", "--name", "one")
    assert pids(lab.json("status")) == pids(two)
    assert lab("exec", "client", "ping", "-c1", "-W2", "files").returncode == 0


@pytest.mark.parametrize("proto", ["udp", "tcp"])
@pytest.mark.parametrize("device", ["tun", "tap"])
def test_our_tunnel_comes_up_over(lab, proto, device):
    status = lab.json("up", "--set", f"proto={proto}", "--set", f"dev={device}")
    assert [end["state"] for end in status["ends"]] == ["up", "up"]
    said = lab("exec", "client", "ip", "-br", "link", "show", f"{device}0").stdout
    assert said.startswith(f"{device}0")
    assert f"{proto}/1194" in lab("graph").stdout


def test_port_is_open_in_the_firewall_wherever_it_is_put(lab):
    assert lab.json("up", "--set", "port=443")["up"]


@pytest.mark.openvpn
def test_stock_program_stands_at_either_end(lab):
    assert lab.json("up", "--client", "openvpn")["up"]
    assert lab.json("up", "--server", "openvpn", "--replace")["up"]
