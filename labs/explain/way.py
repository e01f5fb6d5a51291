"""Judges of the way between the two ends, each of one kind of obstacle, the plainest first.

A judge looks at a probe (the client's first words, said once more and watched) and answers with a
diagnosis, or with None if it is not its business.
"""

from __future__ import annotations

import ipaddress
from itertools import pairwise
from typing import TYPE_CHECKING

from labs import observe
from labs.explain import trail
from labs.explain.diagnosis import Diagnosis, Kind

if TYPE_CHECKING:
    from labs.build import Step
    from labs.explain.path import Probe
    from labs.explain.trail import Trail
    from labs.lab import Lab

OTHER = {"udp": "tcp", "tcp": "udp"}
OTHER_SECONDS = 0.5


def no_server(lab: Lab, _asked: Probe) -> Diagnosis | None:
    """No VPN runs on any of the servers."""
    ended = [server for server in lab.servers if not server.is_alive]
    if len(ended) < len(lab.servers):
        return None
    server = ended[0]
    return Diagnosis(
        Kind.PROGRAM,
        "server-down",
        f"no VPN runs on {server.name}",
        f"start it; its log ends with: {server.last_words()}",
        node=server.name,
        evidence=(f"{server.name}: {server.state}; it said last: {server.last_words()}",),
    )


def private_address(lab: Lab, asked: Probe) -> Diagnosis | None:
    """The client asks for an address that only the server's own network knows."""
    if asked.is_answered or not _is_private(asked.remote) or _is_near(lab, asked):
        return None
    first = trail.outgoing(asked)
    return Diagnosis(
        Kind.PATH,
        "nat-private-address",
        f"the client asks for {asked.remote}, a private address: nobody on the way knows it",
        "give the client the public address of the server, or of the NAT in front of it",
        node=asked.client.name,
        packet=first.last.packet.summary() if first else "",
        evidence=(
            f"{asked.client.name} has no address in the network of {asked.remote}",
            *([f"the packet went {first} and no further"] if first else []),
        ),
    )


def _is_private(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(
        found.version == 4 and found in ipaddress.ip_network(one)
        for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    )


def _is_near(lab: Lab, asked: Probe) -> bool:
    """Is the address in one of the client's own networks?"""
    held = observe.addresses(lab[asked.client.name])
    return any(
        ipaddress.ip_address(asked.remote) in ipaddress.ip_interface(one).network
        for addresses in held.values()
        for one in addresses
        if ":" not in one
    )


def other_door(lab: Lab, asked: Probe) -> Diagnosis | None:
    """The server listens, but not there: at another port, or for the other protocol."""
    if asked.is_answered:
        return None
    doors = _doors(lab)
    if (asked.proto, asked.port) in doors:
        return None
    first = trail.outgoing(asked)
    listens = ", ".join(f"{proto}/{port}" for proto, port in sorted(doors))
    evidence = (
        f"{lab.server.name} listens at {listens}",
        f"{asked.client.name} asks for {asked.proto}/{asked.port}"
        + (f"; the packet went {first}" if first else ""),
    )
    packet = first.last.packet.summary() if first else ""
    if (OTHER[asked.proto], asked.port) in doors:
        return Diagnosis(
            Kind.SETTINGS,
            "wrong-proto",
            f"the client speaks {asked.proto}, the server {OTHER[asked.proto]}",
            f"proto {OTHER[asked.proto]} for the client, or another for the server",
            node=asked.client.name, packet=packet, evidence=evidence,
        )  # fmt: skip
    return Diagnosis(
        Kind.SETTINGS,
        "wrong-port",
        f"the client asks at port {asked.port}, the server listens at {listens}",
        "give the client the server's port",
        node=asked.client.name, packet=packet, evidence=evidence,
    )  # fmt: skip


def _doors(lab: Lab) -> set[tuple[str, int]]:
    """(protocol, port) at which the servers listen, from outside too where a NAT forwards."""
    doors = set()
    for server in lab.servers:
        for proto, flag in (("udp", "-u"), ("tcp", "-t")):
            said = lab.run(server.name, ["ss", "-Hnl", flag]).stdout
            places = (line.split()[3] for line in said.splitlines())
            doors |= {(proto, int(place.rpartition(":")[2])) for place in places}
    return doors


def many_servers(lab: Lab, asked: Probe) -> Diagnosis | None:
    """The packets of one flow come to more than one server."""
    reached = _servers_reached(lab, asked)
    if len(set(reached)) < 2:
        return None
    changes = sum(a != b for a, b in pairwise(reached))
    cause = "balancer-flip" if changes == 1 else "balancer-spread"
    how = "moves to the other server in mid-handshake" if changes == 1 else "is spread over servers"
    between = _balancer_of(lab, asked)
    return Diagnosis(
        Kind.PATH,
        cause,
        f"one flow {how}: its packets came to {', '.join(reached)}",
        "have the balancer keep a flow with one server",
        node=between,
        rule=_rule_at(asked, between),
        packet=trail.outgoing(asked).last.packet.summary(),
        evidence=(f"packet by packet the flow came to {' '.join(reached)}",),
    )


def _servers_reached(lab: Lab, asked: Probe) -> list[str]:
    """To which server each packet of the probe came, in order."""
    servers = {server.name for server in lab.servers}
    contents = {one: number for number, one in enumerate(asked.sent)}
    found = sorted(
        (sight.time, sight.next)
        for sight in asked.watch.sights
        if sight.next in servers and trail.content(sight) in contents
    )
    return [name for _time, name in found]


def _balancer_of(lab: Lab, asked: Probe) -> str:
    """The node from which both servers got their packets."""
    servers = {server.name for server in lab.servers}
    senders = [one.sender for one in asked.watch.sights if one.next in servers]
    return senders[0] if senders else ""


def _rule_at(asked: Probe, node: str) -> str:
    for step in asked.watch.steps.get(node, []):
        if f"dport {asked.port} " in f"{step.headers} " and step.rule != "policy":
            return step.rule
    return ""


def taken_on_the_way(lab: Lab, asked: Probe) -> Diagnosis | None:
    """A rule of a firewall or a NAT took the first words."""
    first = trail.outgoing(asked)
    if asked.is_answered or not first:
        return None
    step = trail.taken(asked.watch.steps.get(first.holder, []), asked.port)
    if step is None:
        return None
    kind, sentence, fix = _named(lab, asked, first, step)
    return Diagnosis(
        Kind.PATH, kind, sentence, fix,
        node=first.holder, rule=step.rule, packet=first.last.packet.summary(),
        evidence=(
            f"the packet went {first}; last seen on {first.last}",
            f"there: {step.headers} -> {step.rule} {step.verdict}",
            *_errors(asked),
        ),
    )  # fmt: skip


def _named(lab: Lab, asked: Probe, first: Trail, step: Step) -> tuple[str, str, str]:
    """(cause, sentence, fix): what exactly the rule does."""
    node, what = first.holder, f"{asked.proto} port {asked.port}"
    if step.rule.startswith("nat-"):
        return (
            "port-not-forwarded",
            f"{node} is a NAT and forwards no {what}: its rule {step.rule} took the packet",
            f"forward {what} on {node} to the server",
        )
    let_in = f"let {what} to {asked.remote} in on {node}"
    if asked.error or trail.refusals(asked):
        return "firewall-reject", f"{node} refuses {what}, by its rule {step.rule}", let_in
    if asked.proto == "udp" and _passes(lab, asked, "tcp"):
        return (
            "tcp-only",
            f"{node} lets TCP through to port {asked.port} and drops UDP, by its rule {step.rule}",
            f"{let_in}, or use proto tcp at both ends",
        )
    return "firewall-drop", f"{node} drops {what}, by its rule {step.rule}", let_in


def _passes(lab: Lab, asked: Probe, _proto: str) -> bool:
    """Does TCP get to the server and back, be it with a refusal?"""
    where = f"/dev/tcp/{asked.remote}/{asked.port}"
    argv = ["timeout", f"{OTHER_SECONDS:g}", "bash", "-c", f"exec 3<>{where}"]
    said = lab.run(asked.client.name, argv, check=False)
    return said.returncode == 0 or "refused" in said.stderr


def _errors(asked: Probe) -> list[str]:
    found = [f"an error came back: {one}" for one in trail.refusals(asked)[:1]]
    return [*found, *([f"the kernel says: {asked.error}"] if asked.error else [])]


def lost_on_the_way(lab: Lab, asked: Probe) -> Diagnosis | None:
    """No rule took the first words, and they came no further: a line or a route is missing."""
    first = trail.outgoing(asked)
    servers = {server.name for server in lab.servers}
    if asked.is_answered or not first or first.holder in servers:
        return None
    where = first.holder or first.last.sender
    return Diagnosis(
        Kind.PATH,
        "line-down",
        f"{where} does not send the packet on: the line behind it is down, or it has no route",
        f"look at the links and routes of {where}",
        node=where,
        packet=first.last.packet.summary(),
        evidence=(f"the packet went {first}; last seen on {first.last}", *_errors(asked)),
    )


def lost_on_the_way_back(lab: Lab, asked: Probe) -> Diagnosis | None:
    """The server answered, and the answer did not reach the client."""
    if asked.is_answered:
        return None
    first = trail.outgoing(asked)
    back = trail.answer(asked, first)
    if not back:
        return None
    step = trail.taken(asked.watch.steps.get(back.holder, []), asked.port)
    is_another_way = back.holder not in first.nodes
    cause = "asymmetric-route" if is_another_way else "one-way-block"
    how = (
        f"the answer goes by {back.holder}, which has not seen the flow begin"
        if is_another_way
        else f"the first words pass {back.holder}, the answer does not"
    )
    rule = f", by its rule {step.rule}" if step else ""
    return Diagnosis(
        Kind.PATH,
        cause,
        f"{how}{rule}",
        f"let answers leave by the line on which the flow came in; or open {back.holder}",
        node=back.holder,
        rule=step.rule if step else "",
        packet=back.last.packet.summary(),
        evidence=(f"there: {first}", f"back: {back}; last seen on {back.last}"),
    )


def too_large(lab: Lab, asked: Probe) -> Diagnosis | None:
    """Small packets pass, and a rule on the way takes large ones."""
    if not asked.is_answered or asked.hears_tls:
        return None
    for node, steps in asked.watch.steps.items():
        step = trail.taken(steps, asked.port)
        size = trail.size(step) if step else None
        if step and size:
            return Diagnosis(
                Kind.SIZE,
                "mtu-black-hole",
                f"{node} lets small packets through and takes one of {size} bytes "
                f"without a word, by its rule {step.rule}",
                f"let {node} pass larger packets, or send the ICMP error that is due",
                node=node,
                rule=step.rule,
                packet=step.headers,
                evidence=(
                    f"the server answered the first packet; of its TLS flight {len(asked.received)}"
                    f" packets came, and a packet of {size} bytes met {step.rule} on {node}",
                ),
            )
    return None


JUDGES = (
    no_server,
    private_address,
    many_servers,
    other_door,
    taken_on_the_way,
    lost_on_the_way,
    lost_on_the_way_back,
    too_large,
)
