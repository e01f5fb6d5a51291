"""Firewalls: rules with names, in order, and a named last word on each way through a node.

    Firewall(
        rules=(
            ESTABLISHED,
            Rule("vpn", Verdict.ACCEPT, proto="udp", destination_port=1194),
            Rule("no-ping", Verdict.REJECT, proto="icmp"),
        ),
        forward=Verdict.DROP,       # counted as "forward-default"
    )

A rule that stands before ESTABLISHED also stops flows that are under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from netns import nft

TABLE = "inet firewall"

REJECT_ANY = "reject with icmpx type port-unreachable"
REJECT_TCP = "reject with tcp reset"


class Verdict(Enum):
    """What becomes of a packet."""

    ACCEPT = "accept"
    DROP = "drop"
    REJECT = "reject"


class Way(Enum):
    """Where a packet is on its way: through the node, to it, or from it."""

    FORWARD = "forward"
    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; what is not given matches everything."""

    name: str
    verdict: Verdict
    way: Way = Way.FORWARD
    proto: str | None = None  # udp, tcp, icmp, icmpv6
    source: str | None = None  # address or network
    destination: str | None = None
    source_port: int | str | None = None  # 1194 or "5000-5100"
    destination_port: int | str | None = None
    arriving: str | None = None  # name of a link
    leaving: str | None = None
    state: str | None = None  # of the connection: "established,related", "new", "invalid"
    longer_than: int | None = None  # bytes of the whole IP packet
    match: str = ""  # anything else, in nft's words: "numgen random mod 100 < 5"

    def text(self) -> str:
        """Write the rule in nft's words."""
        return nft.named(self.name, " ".join(self._matches()), self._verdict())

    def _matches(self) -> list[str]:
        parts = [
            _quoted("iifname", self.arriving),
            _quoted("oifname", self.leaving),
            _plain("ct state", self.state),
            _address("saddr", self.source),
            _address("daddr", self.destination),
            _plain("meta length >", self.longer_than),
            *self._ports(),
            self.match,
        ]
        return [part for part in parts if part]

    def _ports(self) -> list[str]:
        if self.source_port is None and self.destination_port is None:
            return [_plain("meta l4proto", self.proto)]
        proto = self.proto or "th"
        return [
            "" if self.proto else "meta l4proto { tcp, udp }",
            _plain(f"{proto} sport", self.source_port),
            _plain(f"{proto} dport", self.destination_port),
        ]

    def _verdict(self) -> str:
        if self.verdict is not Verdict.REJECT:
            return str(self.verdict.value)
        return REJECT_TCP if self.proto == "tcp" else REJECT_ANY


def _plain(key: str, value: int | str | None) -> str:
    return "" if value is None else f"{key} {value}"


def _quoted(key: str, value: str | None) -> str:
    return "" if value is None else f'{key} "{value}"'


def _address(key: str, value: str | None) -> str:
    if value is None:
        return ""
    return f"{'ip6' if ':' in value else 'ip'} {key} {value}"


ESTABLISHED = Rule("established", Verdict.ACCEPT, state="established,related")


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """Rules in order, and what becomes of a packet that none of them is about."""

    rules: tuple[Rule, ...] = ()
    forward: Verdict = Verdict.ACCEPT
    input: Verdict = Verdict.ACCEPT
    output: Verdict = Verdict.ACCEPT

    @property
    def table(self) -> str:
        return TABLE

    def script(self) -> str:
        """Write the nft script of this firewall."""
        names = [rule.name for rule in self.rules] + [_default(way) for way in Way]
        return nft.table(TABLE, names, "".join(self._chain(way) for way in Way))

    def _chain(self, way: Way) -> str:
        lines = [rule.text() for rule in self.rules if rule.way is way]
        last: Verdict = getattr(self, way.value)
        verdict = REJECT_ANY if last is Verdict.REJECT else last.value
        lines.append(nft.named(_default(way), "", verdict))
        return nft.chain(way.value, f"type filter hook {way.value} priority filter", lines)


def _default(way: Way) -> str:
    return f"{way.value}-default"
