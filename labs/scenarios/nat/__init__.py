"""NATs on the way: what they let through, what they forget."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from labs.build import rules_of

if TYPE_CHECKING:
    from labs.stage import Stage

OUTSIDE = "203.0.113.2"  # the address of the client's NAT in three-lans
STRANGER_PORT = 4000
SEEN_AS = re.compile(rf"{re.escape(OUTSIDE)}:(\d+)")
SECONDS = 2.0


def behind(stage: Stage, kind: str) -> None:
    """Put the client behind a NAT of this kind."""
    node = stage.lab.topology.node("nat")
    assert node.nat is not None
    changed = replace(node, nat=replace(node.nat, kind=kind))
    for rules in rules_of(changed, stage.lab.topology, stage.lab.settings.speed):
        stage.lab["nat"].apply(rules)


def knock(stage: Stage) -> dict[str, bool]:
    """Who may send something to the port from which the client's tunnel comes."""
    from scapy.layers.inet import IP, UDP
    from scapy.packet import Raw

    port = int(SEEN_AS.findall(stage.lab.server.log_text())[-1])
    knocks = (
        ("the server, from its own port", "server", 1194),
        ("the server, from another port", "server", STRANGER_PORT),
        ("a stranger", "internet", STRANGER_PORT),
    )
    found = {}
    for who, node, source in knocks:
        word = who.encode()
        packet = IP(dst=OUTSIDE) / UDP(sport=source, dport=port) / Raw(word)
        with stage.lab["client"].sniff("eth0") as heard:
            stage.lab[node].send(packet)
            _wait_for_the_last(stage)
            found[who] = any(word in bytes(one) for one in heard())
    return found


def _wait_for_the_last(stage: Stage) -> None:
    """What was sent before has passed the NAT when an answer to a ping has."""
    stage.lab.run("client", ["ping", "-c", "1", "-W", "8", "203.0.113.1"])


def ports_outside(stage: Stage) -> list[int]:
    """From which ports the NAT sends what leaves one port of the client for two remotes."""
    from scapy.layers.inet import IP, UDP
    from scapy.packet import Raw

    word = b"from one port"
    with stage.lab["internet"].sniff("eth0") as heard:
        for remote in ("198.51.100.2", "198.51.100.10"):
            stage.lab["client"].send(IP(dst=remote) / UDP(sport=5000, dport=9) / Raw(word))
        _wait_for_the_last(stage)
        return sorted({one[UDP].sport for one in heard() if UDP in one and word in bytes(one)})


def tells(stage: Stage, kind: str, letting_in: tuple[bool, bool, bool], *, is_one: bool) -> None:
    """Bring a tunnel up through this kind of NAT and see who may send to its port."""
    stage.act(f"The client's router is a {kind} NAT.")
    behind(stage, kind)
    stage.up()
    stage.pings("client", "files")
    for (who, got_in), expected in zip(knock(stage).items(), letting_in, strict=True):
        what = f"{who}, {'gets in' if expected else 'does not get in'}"
        stage.see(what, got_in == expected)
    ports = ports_outside(stage)
    many = "one port" if is_one else "another port for each remote"
    stage.see(f"outside, one port of the client is {many}", (len(ports) == 1) == is_one, ports)
