"""Where nothing above 1000 bytes gets through and no ICMP error tells: smaller packets of its own.

`max-packet-size` keeps the handshake's packets and the segments of TCP inside below the limit. What
cannot be told to be smaller, as a large ping, is cut in pieces by `fragment` and put together at
the other end. Both ends need `fragment`, for it has a header of its own.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario

LIMIT = "max-packet-size=900"
LARGE = "1400"  # bytes in a ping


@scenario()
def play(stage: Stage) -> None:
    stage.act("The firewall drops what is larger than 1000 bytes, and says nothing.")
    stage.inject("mtu-black-hole")
    stage.act("Both ends keep to packets of 900 bytes, so the handshake gets through.")
    stage.up(LIMIT)
    stage.pings("client", "files")
    before = _dropped(stage)
    stage.see(f"a ping of {LARGE} bytes has no answer", not _large_ping(stage))
    stage.see(f"the firewall has dropped {_dropped(stage) - before}", _dropped(stage) > before)
    stage.lab.stop_tunnel()
    stage.up("fragment=900")
    before = _dropped(stage)
    stage.see(f"with fragment, a ping of {LARGE} bytes is answered", _large_ping(stage))
    stage.see("the firewall has dropped no more", _dropped(stage) == before)


def _large_ping(stage: Stage) -> bool:
    argv = ["ping", "-n", "-q", "-c1", "-W1", "-s", LARGE, stage.lab.topology.address("files")]
    return "1 received" in stage.lab.run("client", argv, check=False).stdout


def _dropped(stage: Stage) -> int:
    return stage.lab["firewall"].counts()["too-large"].packets
