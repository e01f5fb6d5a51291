"""NAT routers of the four classic kinds, and port forwarding.

What a kind lets in, once an inside host has sent a UDP datagram from its port to a remote:

    kind                 same remote    its other ports    other remotes    port outside
    FULL_CONE            yes            yes                yes              one for all remotes
    ADDRESS_RESTRICTED   yes            yes                no               one for all remotes
    PORT_RESTRICTED      yes            no                 no               one for all remotes
    SYMMETRIC            yes            no                 no               another for each remote

The words are those of RFC 3489 section 5; RFC 4787 section 4 and 5 take mapping and filtering
apart. IPv6 is not translated and not filtered here: add a `Firewall` for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from netns import nft

TABLE = "ip nat"

# How long the maps remember who was contacted; the kernel forgets a flow by itself, and sooner.
MAPPING_SECONDS = 300


class NatKind(Enum):
    """How a NAT maps and filters."""

    FULL_CONE = "full-cone"
    ADDRESS_RESTRICTED = "address-restricted"
    PORT_RESTRICTED = "port-restricted"
    SYMMETRIC = "symmetric"


@dataclass(frozen=True, slots=True)
class PortForward:
    """A port of the outside address that leads to an inside host."""

    proto: str  # "udp" or "tcp"
    port: int
    to: str  # address inside
    to_port: int | None = None  # the same port when None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nat:
    """A NAT router between two of a node's links."""

    inside: str
    outside: str
    kind: NatKind = NatKind.PORT_RESTRICTED
    forwards: tuple[PortForward, ...] = ()
    mapping_seconds: int = MAPPING_SECONDS

    @property
    def table(self) -> str:
        return TABLE

    def script(self) -> str:
        """Write the nft script of this NAT."""
        names = (
            "nat-out", "nat-in", "nat-port-forward",
            "nat-established", "nat-outgoing", "nat-let-in", "nat-unsolicited",
            "nat-router-established", "nat-router-ping", "nat-router-closed",
        )  # fmt: skip
        body = self._memory() + self._prerouting() + self._postrouting()
        return nft.table(TABLE, names, body + self._forward() + self._input())

    @property
    def _remembers(self) -> bool:
        return self.kind in {NatKind.FULL_CONE, NatKind.ADDRESS_RESTRICTED}

    def _memory(self) -> str:
        """Outside port to inside host; for ADDRESS_RESTRICTED also who was contacted from it."""
        text = ""
        memory = f"\t\tsize 65535\n\t\tflags dynamic,timeout\n\t\ttimeout {self.mapping_seconds}s\n"
        if self._remembers:
            text += (
                "\tmap mappings {\n\t\ttype inet_service : ipv4_addr . inet_service\n"
                f"{memory}\t}}\n"
            )
        if self.kind is NatKind.ADDRESS_RESTRICTED:
            text += f"\tset contacted {{\n\t\ttype inet_service . ipv4_addr\n{memory}\t}}\n"
        return text

    def _prerouting(self) -> str:
        """Where packets from outside are given their inside destination."""
        arriving = f'iifname "{self.outside}"'
        rules = []
        for forward in self.forwards:
            to = f"{forward.to}:{forward.to_port or forward.port}"
            match = f"{arriving} {forward.proto} dport {forward.port}"
            rules.append(nft.named("nat-port-forward", match, f"dnat to {to}"))
        if self._remembers:
            match = f"{arriving} meta l4proto udp"
            if self.kind is NatKind.ADDRESS_RESTRICTED:
                match += " udp dport . ip saddr @contacted"
            rules.append(nft.named("nat-in", match, "dnat ip to udp dport map @mappings"))
        return nft.chain("prerouting", "type nat hook prerouting priority dstnat", rules)

    def _postrouting(self) -> str:
        """Where packets to the outside get the outside address; a step later it is remembered."""
        leaving = f'oifname "{self.outside}"'
        how = "masquerade fully-random" if self.kind is NatKind.SYMMETRIC else "masquerade"
        rules = [nft.named("nat-out", leaving, how)]
        text = nft.chain("postrouting", "type nat hook postrouting priority srcnat", rules)
        if self._remembers:
            origin = "ct original ip saddr . ct original proto-src"
            memory = [f"{leaving} meta l4proto udp update @mappings {{ udp sport : {origin} }}"]
            if self.kind is NatKind.ADDRESS_RESTRICTED:
                memory.append(
                    f"{leaving} meta l4proto udp update @contacted {{ udp sport . ip daddr }}"
                )
            hook = "type filter hook postrouting priority srcnat + 10"
            text += nft.chain("remember", hook, memory)
        return text

    def _forward(self) -> str:
        """What passes through: answers, what begins inside, what a mapping lets in."""
        rules = [
            nft.named("nat-established", "ct state established,related", "accept"),
            nft.named(
                "nat-outgoing",
                f'iifname "{self.inside}" oifname "{self.outside}"',
                "accept",
            ),
            nft.named("nat-let-in", "ct status dnat", "accept"),
            nft.named("nat-unsolicited", f'iifname "{self.outside}"', "drop"),
        ]
        return nft.chain("forward", "type filter hook forward priority filter", rules)

    def _input(self) -> str:
        """The router itself is silent to the outside.

        An ICMP "port unreachable" from it would end the flow that the inside host is waiting on.
        """
        arriving = f'iifname "{self.outside}"'
        rules = [
            nft.named("nat-router-established", "ct state established,related", "accept"),
            nft.named("nat-router-ping", f"{arriving} icmp type echo-request", "accept"),
            nft.named("nat-router-closed", arriving, "drop"),
        ]
        return nft.chain("input", "type filter hook input priority filter", rules)
