"""What somebody on the way, or a client with bad manners, can and cannot do."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labs.build import wait_for
from labs.pki import write_private
from labs.program import PROGRAMS
from labs.statistics import dropped, printed

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator

    from scapy.packet import Packet

    from labs.build import Process
    from labs.dissect import Datagram
    from labs.endpoint import Endpoint
    from labs.stage import Stage

ROUTER = "internet"  # the node of the attacker, on the way between the two ends
FILES = "10.20.0.10"
INSIDE = "10.8.0.1"  # the server, where its tunnel begins
UP = "Initialization Sequence Completed"
SECONDS = 10.0
BUFFER = 100
SNMP = re.compile(r"^Icmp: (.*)$", re.MULTILINE)
CLIENTS = re.compile(r"Connected Since\n(.*?)^[^\n]*ROUTING TABLE$", re.MULTILINE | re.DOTALL)


@contextmanager
def listening(stage: Stage) -> Iterator[Callable[[], list[Datagram]]]:
    """Have the router write down what the two ends send each other while the block runs."""
    from labs.dissect import datagrams

    link = stage.lab.topology.dev(ROUTER, "provider-c")
    with stage.lab[ROUTER].sniff(link) as heard:
        yield lambda: list(datagrams(heard(), stage.lab.topology.vpn.port))


def sealed(
    heard: Callable[[], list[Datagram]], least: int = 1, *, from_client: bool = True
) -> list[Datagram]:
    """The data packets of one end, once there are so many: a sniffer is a moment late."""
    from labs.dissect import OpenVPNDataV2

    def found() -> list[Datagram]:
        mine = (one for one in heard() if one.from_client is from_client)
        return [one for one in mine if isinstance(one.packet, OpenVPNDataV2)]

    wait_for(lambda: len(found()) >= least, SECONDS, f"{least} data packets")
    return found()


def pings_seen(stage: Stage) -> int:
    """How many pings have come to files so far, as its kernel counts them."""
    names, values = SNMP.findall(stage.lab.run("files", ["cat", "/proc/net/snmp"]).stdout)
    return int(dict(zip(names.split(), values.split(), strict=True))["InEchos"])


def send_again(stage: Stage, those: Iterable[Datagram], times: int = 1) -> int:
    """Have the router send datagrams once more, with the addresses they had; how many it were."""
    packets = [spoofed(one, one.data) for one in those] * times
    stage.lab[ROUTER].send(*packets)
    return len(packets)


def spoofed(like: Datagram, data: bytes) -> Packet:
    """A datagram that seems to come from where another one came."""
    from scapy.layers.inet import IP, UDP
    from scapy.packet import Raw

    ends = UDP(sport=like.source[1], dport=like.target[1])
    return IP(src=like.source[0], dst=like.target[0]) / ends / Raw(data)


def impostor(stage: Stage, certificate: bytes, key: bytes, authority: bytes = b"") -> Process:
    """Start the server's program with the server's configuration on the router.

    The router must have the server's address. The authority is the lab's, if none is given.
    """
    lab = stage.lab
    place = lab.sandbox.directory / "impostor"
    place.mkdir(exist_ok=True)
    local = f"local {lab.topology.vpn.remote}\n"
    (place / "server.conf").write_text(lab.server.config.read_text("utf-8") + local, "utf-8")
    write_private(place / "ca.crt", authority or (lab.server.directory / "ca.crt").read_bytes())
    write_private(place / "server.crt", certificate)
    write_private(place / "server.key", key)
    program = PROGRAMS[lab.server.program]
    started: Process = lab[ROUTER].start(
        "impostor", program.argv(place / "server.conf"), cwd=place, ready=UP,
        env=lab.server.clock.environment(program.environment()),
    )  # fmt: skip
    return started


def count_clients(server: Endpoint) -> int:
    """How many clients a server says it has."""
    rows = CLIENTS.findall(printed(server))[0]
    return len(rows.splitlines())


def says_so(stage: Stage, end: Endpoint, text: str, times: int) -> None:
    """See that an end's log has a text so often, and quote it."""
    stage.hears(end, text)
    stage.waits(f"{end.name} says so {times} times", lambda: end.log_text().count(text) == times)


def counted(stage: Stage, end: Endpoint, before: Counter[str], expected: dict[str, int]) -> None:
    """See that an end has dropped just so many for these reasons since then; ours counts them."""
    if end.program != "ours":
        return
    wait_for(lambda: (dropped(end) - before).total() >= sum(expected.values()), SECONDS, "drops")
    since = dropped(end) - before
    told = ", ".join(f"{name}: {number}" for name, number in since.items()) or "no drop"
    stage.see(f"{end.name} has counted {told}", since == expected, expected)


def send_changed(stage: Stage, one: Datagram, bits: Iterable[int]) -> None:
    """Have the router send a datagram with one bit changed, once for each of the bits.

    After some of them it waits until the receiver has read what came: its buffer is not large.
    """
    whole = int.from_bytes(one.data, "big")
    size = len(one.data)
    changed = [(whole ^ 1 << 8 * size - 1 - bit).to_bytes(size, "big") for bit in bits]
    while changed:
        stage.lab[ROUTER].send(*[spoofed(one, data) for data in changed[:BUFFER]])
        stage.lab.run("client", ["ping", "-c", "1", "-W", "5", INSIDE])
        del changed[:BUFFER]
