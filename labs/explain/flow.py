"""The tunnel stands, and what it carries gets lost outside: the packets of the tunnel itself.

While a ping is tried, every datagram between the ends is followed: what one end sent and no end
received was taken on the way, and by which rule is known.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from labs.explain import trail, ways
from labs.explain.diagnosis import Diagnosis, Kind
from labs.explain.watch import Sight, Watch, watching

if TYPE_CHECKING:
    from labs.build import Step
    from labs.explain.trail import Trail
    from labs.lab import Lab

# The table of a NAT that has no flow for what arrives at its outside address.
FORGOTTEN = "nat-"
SMALL = 56  # bytes of content, as `ping` has them
LARGE = 1372  # a packet of 1400 bytes: a tunnel must carry it, and links of 1500 carry the tunnel's


def lost(lab: Lab, source: str, address: str, size: int = SMALL) -> Diagnosis | None:
    """Where the tunnel's own packets are lost, if they are, while `source` pings an address."""
    found = judged(lab, _watched(lab, source, address, size))
    if found is not None and found.cause == "firewall-drop" and _comes_in(lab):
        return replace(
            found,
            cause="one-way-block",
            sentence=f"the tunnel stands, and {found.node} lets the client's packets in and drops "
            f"what the server sends, by its rule {found.rule}",
        )
    return found


def _watched(lab: Lab, source: str, address: str, size: int = SMALL) -> Watch:
    """What is seen on all cables and in all rules while a ping is tried."""
    with watching(lab, "meta l4proto { tcp, udp }") as watch:
        argv = ["ping", "-n", "-q", "-c", "2", "-i", "0.2", "-w", "1", "-s", str(size)]
        argv.append(address)
        lab.run(source, argv, check=False)
    return watch


def _comes_in(lab: Lab) -> bool:
    """Does what the client sends reach a server?"""
    client, servers = lab.client.name, {server.name for server in lab.servers}
    watch = _watched(lab, client, lab.topology.address(lab.topology.vpn.target))
    trails = _outer(watch, lab.topology.vpn.port, {client})
    return any(one.holder in servers for one in trails)


def large_lost(lab: Lab, source: str | None, target: str | None) -> Diagnosis | None:
    """Small packets arrive: do large ones, and who takes them?"""
    way = ways.lost(lab, source, target, LARGE)
    if way is None:
        return None
    took = lost(lab, way.source, way.address, LARGE)
    if took is None and ways.lost(lab, source, target, LARGE) is None:
        return None  # it was lost by chance
    where = f"{took.node} drops them, by its rule {took.rule}" if took else "nobody is seen to"
    return Diagnosis(
        Kind.SIZE,
        "large-packets-lost",
        f"small packets get through the tunnel, one of {LARGE + 28} bytes does not: {where}",
        "let large packets pass, or the ICMP errors that are due; or a smaller tun-mtu and mssfix",
        node=took.node if took else "",
        rule=took.rule if took else "",
        packet=took.packet if took else "",
        evidence=(
            f"of the same way from {way.source} to {way.address} small pings come back",
            *(took.evidence if took else ()),
        ),
    )


def judged(lab: Lab, watch: Watch) -> Diagnosis | None:
    """The first packet of the tunnel that a rule on the way took."""
    ends = {end.name for end in lab.ends}
    for one in _outer(watch, lab.topology.vpn.port, ends):
        if one.holder in ends:
            continue
        step = trail.taken(watch.steps.get(one.holder, []), lab.topology.vpn.port)
        if step is not None:
            return _diagnosis(lab, one, step)
    return None


def _outer(watch: Watch, port: int, ends: set[str]) -> list[Trail]:
    """What the ends sent each other over UDP, packet by packet."""
    from scapy.layers.inet import UDP

    found: dict[bytes, list[Sight]] = defaultdict(list)
    for sight in watch.sights:
        if UDP in sight.packet and port in {sight.packet[UDP].sport, sight.packet[UDP].dport}:
            found[trail.content(sight)].append(sight)
    trails = [trail.of(sights) for sights in found.values()]
    return [one for one in trails if one.sights[0].sender in ends]


def _diagnosis(lab: Lab, one: Trail, step: Step) -> Diagnosis:
    node, sender = one.holder, one.sights[0].sender
    forgotten = step.rule.startswith(FORGOTTEN)
    sentence = (
        f"{node}, a NAT, has forgotten the flow: what {sender} sends meets its rule {step.rule}"
        if forgotten
        else f"the tunnel stands, and {node} drops its packets, by its rule {step.rule}"
    )
    fix = (
        "let the ends say something more often than the NAT forgets: keepalive 10 60"
        if forgotten
        else f"let {node} pass what is for port {lab.topology.vpn.port}, and what comes from it"
    )
    return Diagnosis(
        Kind.PATH,
        "nat-timeout" if forgotten else "firewall-drop",
        sentence,
        fix,
        node=node,
        rule=step.rule,
        packet=one.last.packet.summary(),
        evidence=(
            f"a packet of the tunnel went {one}; last seen on {one.last}",
            f"there: {step.headers} -> {step.rule} {step.verdict}",
        ),
    )
