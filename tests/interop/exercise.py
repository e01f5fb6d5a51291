"""What every tunnel must do, whoever stands at its ends."""

from __future__ import annotations

import json
import re
from operator import gt
from typing import TYPE_CHECKING

from labs.statistics import dropped
from labs.traffic import Exchanging, Pinging
from netns import wait_for
from vpn.errors import Drop

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.lab import Lab

SIZE = 10_000_000
RATE = 1_500_000  # bytes a second each way: it lasts longer than three renegotiations
PINGS = 450
PING_INTERVAL = 0.01
RENEGOTIATIONS = 3
RENEGOTIATION_SECONDS = 2
NOTICE_SECONDS = 10.0

# Each negotiation ends with this line in the log of either program.
NEGOTIATED = "Control Channel: TLS"

# How a server says that a client has left, and a client that its server has. Over UDP they are
# told by a message on the control channel, over TCP the connection ends.
CLIENT_LEFT = re.compile(
    r"control message: 'EXIT'|exit message received by peer|remote-exit|Connection reset"
)
SERVER_LEFT = re.compile(
    r"server-pushed-connection-reset|remote-exit|connection-reset|Connection reset"
)


def renegotiating(end: str) -> tuple[str, str]:
    """Settings that let one end renegotiate every two seconds, and the other never."""
    other = "server" if end == "client" else "client"
    return f"{end}:reneg-sec={RENEGOTIATION_SECONDS}", f"{other}:reneg-sec=0"


def carries_traffic_through_renegotiations(lab: Lab) -> None:
    """Pings both ways and 10 MB each way, while the keys change under them: nothing is lost.

    Nothing but what found a queue full, and was counted, while a busy machine let an end wait.
    """
    client, files = lab["client"], lab["files"]
    inside, outside = lab.topology.address("files"), lab.tunnel_address("client")
    before, full = _negotiations(lab), _counted_drops(lab)
    with (
        Pinging(client, inside, PINGS, PING_INTERVAL) as out,
        Pinging(files, outside, PINGS, PING_INTERVAL) as back,
        Exchanging(client, files, inside, size=SIZE, rate=RATE) as exchanging,
    ):
        exchange = exchanging.result()
        during = [now - then for now, then in zip(_negotiations(lab), before, strict=True)]
        assert exchange.is_intact
        lost, full = out.result().lost + back.result().lost, _counted_drops(lab) - full
        assert lost <= full, f"{lost} pings lost, {full} packets found a queue full"
    assert min(during) >= RENEGOTIATIONS, f"renegotiations at client and server: {during}"
    # What is said next is not said in the middle of one: a goodbye could go with the old keys.
    before = _negotiations(lab)
    what = "both ends to have negotiated once more"
    wait_for(lambda: all(map(gt, _negotiations(lab), before)), NOTICE_SECONDS, what)


def _counted_drops(lab: Lab) -> int:
    """What found a queue full: the kernel's, or our program's on its way to a TCP stream."""
    own = sum(dropped(end)[Drop.BLOCKED.value] for end in lab.ends)
    return _kernel_drops(lab) + own


def _kernel_drops(lab: Lab) -> int:
    """Packets that found a queue full at either end: a socket's, or an interface's."""
    drops = 0
    for end in lab.ends:
        links = json.loads(lab.run(end.name, ["ip", "-json", "-stats", "link"]).stdout)
        drops += sum(link["stats64"]["tx"]["dropped"] for link in links)
        names, values = [
            line.split()
            for line in lab.run(end.name, ["cat", "/proc/net/snmp"]).stdout.splitlines()
            if line.startswith("Udp:")
        ]
        counts = dict(zip(names, values, strict=True))
        drops += int(counts["RcvbufErrors"]) + int(counts["SndbufErrors"])
    return drops


def _negotiations(lab: Lab) -> list[int]:
    return [end.log_text().count(NEGOTIATED) for end in (lab.client, lab.server)]


def server_notices_that_the_client_leaves(lab: Lab) -> None:
    """A client that is told to end says goodbye, ends with status 0, and the server knows."""
    assert lab.client.stop() == 0
    _wait_said(lab.server, CLIENT_LEFT)


def client_notices_that_the_server_leaves(lab: Lab) -> None:
    """The same the other way; the client goes on and tries again."""
    assert lab.server.stop() == 0
    _wait_said(lab.client, SERVER_LEFT)
    assert lab.client.is_alive


def _wait_said(end: Endpoint, words: re.Pattern[str]) -> None:
    what = f"{end.name} to say {words.pattern}"
    wait_for(lambda: words.search(end.log_text()), NOTICE_SECONDS, what)
