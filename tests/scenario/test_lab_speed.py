"""Clocks that run faster, and clocks that are off: the same for our program and the stock one.

near ===(tun over UDP)=== far -- files
"""

from __future__ import annotations

import hashlib
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from labs import faults
from labs.build import wait_for
from labs.faults.fault import Fault
from labs.lab import Lab
from labs.scenario import EVERY_PAIR
from labs.settings import Settings
from tests.scenario.conftest import CLIENTS, SITE
from tests.scenario.lab_program import LabProgram
from tests.scenario.test_vpn_tunnel import FETCH
from tests.scenario.vpn_site import FILES, pings

pytestmark = [pytest.mark.tun, pytest.mark.libfaketime]

STOCK = pytest.param("openvpn", marks=pytest.mark.openvpn)
PROGRAM = pytest.mark.parametrize("program", ["ours", STOCK])
PAIR = pytest.mark.parametrize(
    "pair",
    [
        pytest.param(pair, marks=[pytest.mark.openvpn] * ("openvpn" in pair), id="/".join(pair))
        for pair in EVERY_PAIR
    ],
)  # fmt: skip

SPEED = 30
REAL_SECONDS = 10.0  # to wait for what comes in two or three
SIXTY = "TLS Error: TLS key negotiation failed to occur within 60 seconds"
BEGAN = "link remote: "
TWICE = re.compile(r"Control Channel: TLSv1.3(?s:.*)Control Channel: TLSv1.3")
INITIATED = "Peer Connection Initiated with"


@pytest.fixture
def made(site):
    """Make the two ends of a tunnel without starting them: made("ours", "openvpn", speed=30)."""
    labs: list[Lab] = []
    topology = replace(SITE, vpn=replace(SITE.vpn, clients=CLIENTS[:1]))

    def make(client: str, server: str, *sets: str, **clocks) -> Lab:
        lab = Lab(site, topology, Settings.of(client, server, sets, **clocks))
        labs.append(lab)
        lab.write_configs()
        return lab

    yield make
    for lab in labs:
        for end in lab.ends:
            if end.is_alive:
                end.process.kill()


def up(lab: Lab) -> None:
    lab.server.start()
    lab.server.wait_up(REAL_SECONDS)
    lab.client.start()
    lab.client.wait_up(REAL_SECONDS)


def stamp(end, text: str) -> datetime:
    """What time it was for a program when it last said so."""
    line = [line for line in end.log_text().splitlines() if text in line][-1]
    return datetime.fromisoformat(line[:19])


def heard(end, text: str | re.Pattern[str], since: float) -> float:
    """Wait for a line; the real seconds it took."""
    found = end.process.wait_log(text, REAL_SECONDS)
    took = time.monotonic() - since
    print(f"{end.name} ({end.program}) after {took:.2f} s: {found[0].splitlines()[0]}")
    return took


@PROGRAM
def test_sixty_seconds_for_a_handshake_pass_in_two(made, program):
    lab = made(program, "ours", speed=SPEED)
    lab.server.start()
    lab.server.wait_up(REAL_SECONDS)
    lab.server.process.send_signal(signal.SIGSTOP)  # its port is open, and silent
    lab.client.start()
    lab.client.process.wait_log(BEGAN)
    assert 1.9 < heard(lab.client, SIXTY, time.monotonic()) < 4
    by_its_clock = stamp(lab.client, SIXTY) - stamp(lab.client, BEGAN)
    assert 59 <= by_its_clock.total_seconds() <= 65


@PAIR
def test_server_that_has_stopped_is_noticed_in_two_seconds(made, pair):
    lab = made(*pair, speed=SPEED)  # keepalive 10 60
    up(lab)
    lab.server.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    assert 1.5 < heard(lab.client, "Inactivity timeout (--ping-restart)", stopped) < 4


@PAIR
def test_keys_are_new_after_a_minute_and_clocks_the_same(made, pair):
    lab = made(*pair, "server:reneg-sec=60", "client:reneg-sec=0", speed=SPEED)
    up(lab)
    began = time.monotonic()
    assert heard(lab.server, "TLS: soft reset sec=", began) < 4
    heard(lab.client, TWICE, began)
    assert pings(lab["near"], FILES)
    # Who is started later has the same time all the same.
    lab.client.stop()
    lab.client.start()
    lab.client.wait_up(REAL_SECONDS)
    apart = stamp(lab.client, INITIATED) - stamp(lab.server, INITIATED)
    print(f"{'/'.join(pair)}: the ends' clocks are {apart.total_seconds():.0f} s apart")
    assert abs(apart.total_seconds()) < 20


@PAIR
def test_a_megabyte_arrives_whole_at_speed(made, site, pair):
    content = random.Random(2).randbytes(1_000_000)
    (site.directory / "www" / "files" / "megabyte").write_bytes(content)
    lab = made(*pair, speed=SPEED)
    began = time.monotonic()
    up(lab)
    print(f"{'/'.join(pair)}: up after {time.monotonic() - began:.2f} s")
    fetch = [sys.executable, "-ISc", FETCH, f"http://{FILES}/megabyte"]
    assert lab.run("near", fetch, timeout=30).stdout.strip() == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("program", "shift", "error"),
    [
        ("ours", "client=-2d", r"VERIFY ERROR: depth=\d, error=certificate is not yet valid"),
        # Ours begins with its own certificate, where the stock program goes on with a warning.
        ("ours", "client=+4000d", r'Options error: cert: the certificate "CN=near" expired on'),
        pytest.param(
            "openvpn",
            "client=-2d",
            r"VERIFY ERROR: depth=\d, error=certificate is not yet valid",
            marks=pytest.mark.openvpn,
        ),
        pytest.param(
            "openvpn",
            "client=+4000d",
            r"VERIFY ERROR: depth=\d, error=certificate has expired",
            marks=pytest.mark.openvpn,
        ),
    ],
)
@pytest.mark.parametrize("speed", [1, SPEED])
def test_clock_that_is_off_makes_a_certificate_invalid(made, program, shift, error, speed):
    lab = made(program, "ours", speed=speed, clocks=[shift])
    lab.server.start()
    lab.server.wait_up(REAL_SECONDS)
    began = time.monotonic()
    lab.client.start()
    heard(lab.client, re.compile(error), began)


def test_fault_may_put_a_clock_off(made, monkeypatch):
    lab = made("ours", "ours", speed=SPEED)
    late = Fault(
        "late", "the client's clock is a day late", clocks=("client=-1d",), topology="site"
    )
    monkeypatch.setitem(faults.FAULTS, "late", late)
    faults.inject(lab, "late")
    assert (lab.client.clock.shift, lab.server.clock.shift) == (-86_400, 0)
    assert lab.client.clock.speed == SPEED
    faults.heal(lab)
    assert lab.client.clock.shift == 0


# --- the program `lab` --------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path):
    lab = LabProgram(tmp_path)
    yield lab
    lab("down", "--all")
    assert lab.left_over() == []


def test_lab_comes_up_with_other_clocks_and_stays_so(program):
    asked = ("--speed", "30", "--clock", "client=+1d")
    status = program.json("up", *asked)
    assert status["up"]
    assert status["settings"]["speed"] == SPEED
    assert status["settings"]["clocks"] == ["client=+1d"]
    assert "tunnel up, speed 30, clock client=+1d, holder" in program("status").stdout
    assert not program.json("up", *asked)["new"]
    assert "--speed 30 --clock client=+1d" in program.refusal("up")
    begun = {
        end["role"]: datetime.fromisoformat(Path(end["log"]).read_text(encoding="utf-8")[:19])
        for end in status["ends"]
    }
    assert 0.99 < (begun["client"] - begun["server"]).total_seconds() / 86_400 < 1.01


FLOWS = """
import socket
from pyroute2 import Conntrack
with Conntrack() as table:
    print(sum(one.tuple_orig.proto == socket.IPPROTO_UDP for one in table.dump_entries()))
"""


def test_routers_forget_flows_of_udp_as_fast(program):
    program("up", "--speed", "30", "--set", "-keepalive")
    timeouts = [
        program("exec", "nat", "sysctl", "-n", f"net.netfilter.nf_conntrack_udp_timeout{kind}")
        for kind in ("", "_stream")
    ]
    assert [said.stdout for said in timeouts] == ["1\n", "4\n"]  # 30 and 120 s
    flows = ("exec", "nat", sys.executable, "-c", FLOWS)
    began = time.monotonic()
    assert program("exec", "client", "ping", "-c1", "-W2", "files").returncode == 0
    wait_for(lambda: program(*flows).stdout == "0\n", 20, "the NAT to forget the tunnel")
    print(f"the mapping was dead after {time.monotonic() - began:.2f} s")
    assert program("exec", "files", "ping", "-c1", "-W1", "10.8.0.2", status=1)
    assert program("exec", "client", "ping", "-c1", "-W2", "files").returncode == 0


WITHOUT = "from labs import clock\nclock.PLACES = ()\nfrom labs.cli import main\nmain()"


def without_the_library(program, *words) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *words],
        env=program.environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_without_the_library_one_line_says_what_to_install(program):
    done = without_the_library(program, "up", "--speed", "30")
    assert done.returncode == 1
    assert done.stderr == (
        "lab: libfaketime: is not installed; --speed and --clock need it "
        "(sudo apt install libfaketime)\n"
    )
    assert program.left_over() == []


def test_doctor_says_that_other_clocks_are_optional(program):
    absent = without_the_library(program, "doctor")
    assert absent.returncode == 0
    assert re.search(r"absent +libfaketime +is not installed", absent.stdout)
    assert re.search(r"ok +libfaketime +/usr", program("doctor").stdout)
