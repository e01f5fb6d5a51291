"""Why a packet does not arrive although the tunnel stands: judges of a ping that was followed.

Each looks for one kind of obstacle, in the order in which a packet may meet them: it takes another
way, a rule takes it, a node does not send it on, the VPN does not carry it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labs.build import DeadlinePassed
from labs.explain import ping, ways
from labs.explain.diagnosis import Diagnosis, Kind
from labs.statistics import evidence_of_drops
from vpn.errors import Drop

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.explain.ping import Journey, Ping, Stay
    from labs.lab import Lab

CARRIED = re.compile(r"MULTI: (?:Learn:|internal route) (\S+) -> ([^\s/]+)")
STOPPED = "T"
NO_ADDRESS = "no free --ifconfig-pool addresses are available"


def lost(lab: Lab, source: str, address: str, target: str) -> Diagnosis | None:
    """Follow a ping and say where it ended; None if it comes back from where it should."""
    try:
        seen = ping.follow(lab, source, address)
    except DeadlinePassed:
        return None
    if seen.is_answered and (not target or seen.request.last.node == target):
        return None
    return next((found for judge in JUDGES if (found := judge(lab, seen, target))), None)


# --- another way ------------------------------------------------------------------------------


def overlapping(lab: Lab, seen: Ping, target: str) -> Diagnosis | None:
    """The address is in two networks: the near one and one beyond the tunnel."""
    for stay in seen.request.stays[:1]:
        into_tunnel = bool(stay.left) and ping.cable_of(lab, stay.node, stay.left) is None
        if not ways.is_own(lab, stay.node, seen.address):
            continue
        near = not target or ways.is_next_to(lab, stay.node, target)
        if near != into_tunnel:
            continue
        (prefix,) = (p for p in lab.topology.subnets(stay.node) if ways.contains(p, seen.address))
        went = "goes into the tunnel" if into_tunnel else "never goes into the tunnel"
        return _diagnosis(
            seen, "overlapping-lans", stay.node,
            f"{prefix} is {stay.node}'s own network and one beyond the tunnel: "
            f"what is for {seen.address} {went}",
            "give one of the two networks another prefix",
            _route(lab, stay.node, seen.address),
        )  # fmt: skip
    return None


def past_the_tunnel(lab: Lab, seen: Ping, _target: str) -> Diagnosis | None:
    """A client has no route into the tunnel, or another one is better."""
    clients = {client.name: client for client in lab.clients}
    for stay in seen.lost.stays:
        client = clients.get(stay.node)
        if (
            client is None
            or ways.is_own(lab, stay.node, seen.towards)
            or not _left_outside(lab, stay)
        ):
            continue
        pushed = [line for line in client.log_text().splitlines() if "PUSH_REPLY" in line]
        return _diagnosis(
            seen, "missing-pushed-route", stay.node,
            f"{stay.node} does not send what is for {seen.towards} into the tunnel: "
            "it has no such route",
            f'push "route" for the network of {seen.towards} from the server',
            _route(lab, stay.node, seen.towards),
            *(f"{stay.node} says: {line.partition(' ')[2]}" for line in pushed[-1:]),
        )  # fmt: skip
    return None


def _left_outside(lab: Lab, stay: Stay) -> bool:
    return not stay.left or ping.cable_of(lab, stay.node, stay.left) is not None


def no_way_back(lab: Lab, seen: Ping, _target: str) -> Diagnosis | None:
    """A node behind an end of the tunnel doesn't send to that end what is for the other side."""
    ends = {end.name for end in lab.ends}
    first = seen.lost.stays[0].node if seen.lost.stays else seen.holder
    if first in ends or ends & set(seen.lost.nodes):
        return None
    left = seen.lost.stays[0].left if seen.lost.stays else ""
    went = f"sends it by {left} elsewhere" if left else "has no route for it"
    return _diagnosis(
        seen, "missing-return-route", first,
        f"{first} does not know the way to {seen.towards}: it {went}",
        f"give {first}, or its gateway, a route to the network of {seen.towards} "
        "by the end of the tunnel",
        _route(lab, first, seen.towards),
    )  # fmt: skip


def never_sent(lab: Lab, seen: Ping, _target: str) -> Diagnosis | None:
    """The kernel of the node that sends it refuses: no route, or one that forbids."""
    node = seen.holder
    asked = lab.run(node, ["ip", "route", "get", seen.towards], check=False)
    if seen.lost.stays or not asked.returncode:
        return None
    return _diagnosis(
        seen, "missing-route", node,
        f"{node} sends nothing to {seen.towards}: its kernel has no route that lets it",
        f"a route to the network of {seen.towards} on {node}",
        _route(lab, node, seen.towards),
    )  # fmt: skip


# --- a node that does not send it on ------------------------------------------------------------


def rule(lab: Lab, seen: Ping, _target: str) -> Diagnosis | None:
    """A rule of a firewall took it."""
    stay = seen.lost.last if seen.lost.stays else None
    if stay is None or stay.taken_by is None:
        return None
    step = stay.taken_by
    out = ping.LEFT_BY.search(step.headers)
    devs = {stay.came, out[1] if out else ""}
    if None not in devs and len(devs) == 1 and ping.cable_of(lab, stay.node, stay.came) is None:
        return _diagnosis(
            seen, "no-client-to-client", stay.node,
            f"{stay.node} sends nothing from one client to another: its rule {step.rule} "
            f"takes what came by {stay.came} and would go back there",
            f"client-to-client on {stay.node}, or a rule that lets {stay.came} to {stay.came}",
            f"at {stay.node}: {step.headers} -> {step.rule} {step.verdict}",
            rule=step.rule,
        )  # fmt: skip
    return _diagnosis(
        seen, "inner-firewall", stay.node,
        f"{seen.what} comes to {stay.node} by {stay.came}, "
        f"and its rule {step.rule} takes it ({step.verdict})",
        f"let it pass on {stay.node}",
        f"at {stay.node}: {step.headers} -> {step.rule} {step.verdict}",
        rule=step.rule,
    )  # fmt: skip


def not_sent_on(lab: Lab, seen: Ping, _target: str) -> Diagnosis | None:
    """It came to a node that forwards nothing, or that knows no route for it."""
    stay = seen.lost.last if seen.lost.stays else None
    if stay is None or not stay.came or stay.left or stay.hooks & {"input", "forward"}:
        return None
    if lab[stay.node].sysctl("net.ipv4.ip_forward") == "0":
        return _diagnosis(
            seen, "forwarding-off", stay.node,
            f"{seen.what} comes to {stay.node}, which does not send on what is not for itself",
            f"sysctl -w net.ipv4.ip_forward=1 on {stay.node}",
            f"{stay.node}: net.ipv4.ip_forward is 0",
        )  # fmt: skip
    return _diagnosis(
        seen, "missing-route", stay.node,
        f"{seen.what} comes to {stay.node}, which has no route to {seen.towards}",
        f"give {stay.node} a route to the network of {seen.towards}",
        _route(lab, stay.node, seen.towards),
    )  # fmt: skip


# --- the VPN does not carry it ------------------------------------------------------------------


def stopped(lab: Lab) -> Diagnosis | None:
    """An end's program is there and does nothing: it was stopped."""
    for end in lab.ends:
        if end.process is not None and end.is_alive and end.process.is_stopped:
            return Diagnosis(
                Kind.PROGRAM,
                "server-stopped" if end.role == "server" else "client-stopped",
                f"the VPN on {end.name} is stopped: it is there and does nothing",
                f"kill -CONT {end.process.pid} on {end.name}",
                node=end.name,
                evidence=(f"{end.name}: process {end.process.pid} is in state {STOPPED}",),
            )
    return None


def without_address(lab: Lab) -> Diagnosis | None:
    """A client got none, for the server has given all it has."""
    for server in lab.servers:
        said = [line for line in server.log_text().splitlines() if NO_ADDRESS in line]
        for client in lab.clients if said else []:
            if client.is_alive and not ways.tunnel_address(lab, client.name):
                return _exhausted(server, client, said[-1])
    return None


def _exhausted(server: Endpoint, client: Endpoint, line: str) -> Diagnosis:
    return Diagnosis(
        Kind.SETTINGS,
        "pool-exhausted",
        f"{client.name} gets no address: {server.name} has given all that its pool has",
        f"a larger network in server, or in ifconfig-pool, on {server.name}",
        node=server.name,
        evidence=(
            f"{server.name} says: {line}",
            f"{server.name} has given {', '.join(_carried(server)) or 'nothing'}",
        ),
    )


def thrown_out(lab: Lab, seen: Ping, _target: str) -> Diagnosis | None:
    """Two clients have one name, so the server keeps only the one that came last."""
    if not _in_tunnel(lab, seen.lost):
        return None
    found = re.findall(
        r"\[([^\]]+)\] Peer Connection Initiated with (?:\[AF_INET6?\])?([\d.]+):",
        lab.server.log_text(),
    )
    for name in dict.fromkeys(name for name, _address in found):
        places = list(dict.fromkeys(address for who, address in found if who == name))
        if len(places) < 2:
            continue
        said = re.search(rf"MULTI: new connection by client '{re.escape(name)}'.*", _log(lab))
        if said is None:
            continue
        return _diagnosis(
            seen, "duplicate-certificate", lab.server.name,
            f'two clients call themselves "{name}": the server drops each when the other comes',
            "give each client a certificate of its own (or duplicate-cn on the server)",
            f"{lab.server.name} says: {said[0]}",
            f'"{name}" came from {" and ".join(places)}',
            kind=Kind.IDENTITY,
        )  # fmt: skip
    return None


def not_behind_a_client(lab: Lab, seen: Ping, _target: str) -> Diagnosis | None:
    """The server knows no client for the address, whether it comes from there or is for there."""
    if not _in_tunnel(lab, seen.lost):
        return None
    stay = seen.lost.last
    server = next((one for one in lab.servers if one.name == stay.node), None)
    inner = stay.destination if server else stay.source
    server = server or lab.server
    if any(ways.contains(network, inner) for network in _carried(server)):
        return None
    if ways.contains(lab.topology.vpn.network_of(server.name), inner):
        return None
    how = (
        "does not know to which client it is to send"
        if server.name == stay.node
        else ("drops what a client sends from")
    )
    reason = Drop.NO_ROUTE if server.name == stay.node else Drop.BAD_SOURCE
    bad = [
        line
        for line in _log(lab).splitlines()
        if f"bad source address from client [{inner}" in line
    ]
    return _diagnosis(
        seen, "missing-iroute", server.name,
        f"{server.name} {how} {inner}: no client has it, and no iroute names its network",
        f"iroute for the network of {inner} in the client's file in client-config-dir",
        f"{server.name} has clients for {', '.join(_carried(server)) or 'nothing'} only",
        *(f"{server.name} says: {line}" for line in bad[-1:]),
        *evidence_of_drops(server, reason.value),
    )  # fmt: skip


def _in_tunnel(lab: Lab, journey: Journey) -> bool:
    """Did it go into the tunnel and not come out?"""
    return (
        bool(journey.stays)
        and bool(journey.last.left)
        and (ping.cable_of(lab, journey.last.node, journey.last.left) is None)
    )


def _carried(server: Endpoint) -> list[str]:
    """Addresses and networks for which a server has a client, by its log."""
    return list(dict.fromkeys(net for net, _client in CARRIED.findall(server.log_text())))


def _log(lab: Lab) -> str:
    return lab.server.log_text()


# --- in words -----------------------------------------------------------------------------------


def _route(lab: Lab, node: str, address: str) -> str:
    """What the kernel of a node would do with a packet for an address."""
    said = lab.run(node, ["ip", "route", "get", address], check=False)
    first = (said.stdout or said.stderr).strip().splitlines()[:1]
    return f"{node}: ip route get {address}: {first[0].strip() if first else 'nothing'}"


def _diagnosis(
    seen: Ping, cause: str, node: str, sentence: str, fix: str, *evidence: str,
    rule: str = "", kind: Kind = Kind.ROUTING,
) -> Diagnosis:  # fmt: skip
    return Diagnosis(
        kind, cause, sentence, fix, node=node, rule=rule,
        packet=f"ping {seen.source} > {seen.address}",
        evidence=(str(seen), *evidence),
    )  # fmt: skip


JUDGES = (
    overlapping,
    past_the_tunnel,
    no_way_back,
    never_sent,
    rule,
    not_sent_on,
    thrown_out,
    not_behind_a_client,
)
