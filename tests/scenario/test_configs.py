"""Real-world configurations (tests/configs): each connects, or is refused by one clear sentence.

near .1 --- cable 192.0.2.0/24, 2001:db8::/64 --- .2 far

A sample of a server runs on `far`, all others on `near`. At the other end stands the stock program
with a configuration made to fit. 198.51.100.0/24 and every name lead to its one port on `far`,
whatever the sample's port is; 203.0.113.0/24 are addresses of `far` that a sample may bind to.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from labs.program import PROGRAMS, Program
from netns import Node, Process, Sandbox, wait_for
from tests.configs import other_end, samples
from tests.configs.keys import Keys
from tests.scenario.vpn_site import answers

NEAR, FAR, RELAYED = "192.0.2.1", "192.0.2.2", "198.51.100.10"
LEADS_TO_ITS_PORT = """
table ip samples {
  chain arriving { type nat hook prerouting priority -100; jump any_port; }
  chain own { type nat hook output priority -100; jump any_port; }
  chain any_port { ip daddr 198.51.100.0/24 meta l4proto { tcp, udp } redirect to :1194; }
}
"""
NOTHING_INNER_ON_THE_CABLE = """
table ip cable {
  chain arriving {
    type filter hook prerouting priority -300
    iifname eth0 ip daddr != { 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 } drop
  }
}
"""
PROXY = "Port {port}\nListen 192.0.2.2\nDisableViaHeader Yes\n{login}"
PROXIES = {
    "http": ["tinyproxy", "-d", "-c", "{0}/http"],
    "http-login": ["tinyproxy", "-d", "-c", "{0}/http-login"],
    "socks": ["microsocks", "-i", FAR, "-p", "1080"],
}
OURS, STOCK = PROGRAMS["ours"], PROGRAMS["openvpn"]
SECONDS = 25.0
LONG = 250  # characters are no sentence any more

pytestmark = [pytest.mark.openvpn, pytest.mark.tun]
SAMPLES = samples.every()


@dataclass(frozen=True)
class Ground:
    """The network and the keys that all samples share."""

    near: Node
    far: Node
    keys: Keys

    def start(self, node: Node, program: Program, directory: Path, arguments: list[str]) -> Process:
        argv = [*program.argv(Path("none"))[:-2], *arguments]
        return node.start("vpn", argv, env=program.environment(), cwd=directory, timeout=0)


@pytest.fixture(scope="session")
def ground(tmp_path_factory):
    """Two hosts on a cable."""
    with Sandbox.create(f"samples-{os.getpid()}") as sandbox:
        near, far = sandbox.add_node("near"), sandbox.add_node("far")
        sandbox.add_segment("cable", [(near, "eth0"), (far, "eth0")])
        for node, number, other in ((near, 1, FAR), (far, 2, NEAR)):
            node.add_address("eth0", f"192.0.2.{number}/24")
            node.add_address("eth0", f"2001:db8::{number}/64")
            node.add_route("default", via=other)
        for network in ("198.51.100.0/24", "203.0.113.0/24"):
            far.run(["ip", "route", "add", "local", network, "dev", "lo"])
        far.run(["nft", "-f", "-"], stdin=LEADS_TO_ITS_PORT)
        for node in (near, far):
            node.run(["nft", "-f", "-"], stdin=NOTHING_INNER_ON_THE_CABLE)
            node.add_hosts({name: RELAYED for sample in SAMPLES for name in names(sample)})
        yield Ground(near, far, Keys(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def directory():
    """A directory that everybody may look into, as /etc/openvpn is."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def proxy(ground, request, directory):
    """The proxy that a sample goes through, on `far`."""
    sample = request.getfixturevalue("sample")
    found = sample.first("http-proxy", "socks-proxy")
    if found is None:
        yield
        return
    name = "socks" if found.name == "socks-proxy" else "http-login" if found.args[2:] else "http"
    login = "BasicAuth user password\n" if found.args[2:] else ""
    (directory / name).write_text(PROXY.format(port=found.args[1], login=login))
    argv = [word.format(directory) for word in PROXIES[name]]
    process = ground.far.start("proxy", argv, timeout=0)
    ground.far.wait_listening(int(found.args[1]))
    yield
    process.kill()


def names(sample: samples.Sample) -> set[str]:
    """The names of other hosts in a sample."""
    hosts = {one.args[0] for one in sample.directives if one.name == "remote"}
    return {host for host in hosts if not is_address(host)}


def is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def stands_far(sample: samples.Sample) -> bool:
    """Does the sample describe the end that is contacted?"""
    return sample.is_server or sample.has("local") or sample.value("remote") == NEAR


def inside(sample: samples.Sample) -> str:
    """The address in the tunnel that the client's end, or the sample's, can ping."""
    served, bridged = sample.first("server"), sample.first("server-bridge")
    if served is not None:
        return str(ip_network("/".join(served.args[:2]))[1])
    if bridged is not None:
        return bridged.args[0]
    alone = sample.first("ifconfig")
    if alone is None:
        return "10.8.0.1"
    return alone.args[0 if sample.is_server else 1]


def named(sample: samples.Sample) -> str:
    return sample.name


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.refusal], ids=named)
def test_is_refused_by_a_sentence(sample, ground, directory):
    node = ground.far if stands_far(sample) else ground.near
    own = ground.keys.of(server=sample.has_server_key)
    process = ground.start(node, OURS, directory, samples.furnish(sample, directory, own))
    try:
        assert process.wait(SECONDS) == 1, process.log_text()
    finally:
        process.kill()
    lines = [line for line in process.log_text().splitlines() if "WARNING" not in line]
    assert sample.refusal in lines[-1], process.log_text()
    assert len(lines[-1]) < LONG


def with_needs(sample: samples.Sample):
    """The sample, and the program that stands between its ends."""
    between = {"http-proxy": "tinyproxy", "socks-proxy": "microsocks"}
    needs = [pytest.mark.program(between[name]) for name in between if sample.has(name)]
    return pytest.param(sample, marks=needs, id=sample.name)


@pytest.mark.parametrize("sample", [with_needs(one) for one in SAMPLES if not one.refusal])
@pytest.mark.usefixtures("proxy")
def test_connects(sample, ground, directory):
    here, there = (ground.far, ground.near) if stands_far(sample) else (ground.near, ground.far)
    own = ground.keys.of(server=sample.has_server_key)
    arguments = [*samples.furnish(sample, directory, own), "--writepid", "pid"]
    peer_directory = directory / "other-end"
    peer_directory.mkdir()
    ground.keys.write_for_other_end(peer_directory, server=not sample.has_server_key)
    text = re.sub(r"@([\w-]+)@", lambda one: own[one[1]].decode(), other_end.text(sample, FAR))
    (peer_directory / "config").write_text(text)
    starts = [
        (here, OURS, directory, arguments),
        (there, STOCK, peer_directory, ["--config", "config"]),
    ]
    ground.far.forget_flows()  # those of another sample, between the same ports
    started: list[Process] = []
    with ExitStack() as ends:
        if sample.value("route") == "0.0.0.0":
            keep_the_way_to_the_server(ground.near, ends)
        for node, program, place, words in starts if stands_far(sample) else reversed(starts):
            process = ground.start(node, program, place, words)
            started.append(process)
            ends.callback(end, node, process, place / "pid")
        if sample.has("server-bridge"):
            address_bridge(here, sample)
        wait_connected(there if sample.is_server else here, inside(sample), started)


def keep_the_way_to_the_server(node: Node, ends: ExitStack) -> None:
    """What redirect-gateway does, and a default route of a sample's own does in no program.

    Without it the tunnel's own packets go into the tunnel.
    """
    way = [f"{RELAYED}/32", "via", FAR]
    node.run(["ip", "route", "add", *way])
    ends.callback(node.run, ["ip", "route", "del", *way])


def end(node: Node, process: Process, pid_file: Path) -> None:
    """End a program, a daemon by the file with its process id."""
    if process.alive:
        process.stop()
    elif pid_file.exists():
        number = pid_file.read_text().strip()
        node.run(["kill", number], check=False)
        wait_for(lambda: node.run(["kill", "-0", number], check=False).returncode, 10, "its end")


def wait_connected(node: Node, address: str, ends: list[Process]) -> None:
    """Wait until a ping through the tunnel comes back, while both programs run."""

    def is_up() -> bool:
        said = [f"\n{one.argv}\n{one.log_text()[-3000:]}" for one in ends if one.exit_code]
        assert not said, f"an end ended:{said[0]}"
        return answers(node, address)

    try:
        wait_for(is_up, SECONDS, f"a ping from {node.name} to {address}")
    except Exception as late:
        logs = "".join(f"\n{one.argv}\n{one.log_text()[-3000:]}" for one in ends)
        raise AssertionError(f"{late}{logs}") from None


def address_bridge(node: Node, sample: samples.Sample) -> None:
    """What the script that bridges does: give the server's address to its side."""
    device, wanted = sample.value("dev"), "/".join(sample.first("server-bridge").args[:2])
    wait_for(lambda: device in node.links(), 10, f"{device} to be there")
    node.run(["ip", "address", "add", wanted, "dev", device])
    node.run(["ip", "link", "set", device, "up"])
