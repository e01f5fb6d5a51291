"""Peer info: the IV_* lines in which a client tells what it can do.

IV_PROTO is a sum of bits [draft: peer-info]; only those of PROTO_IMPLEMENTED are ever announced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag

from vpn.wire.number import decimal


class Proto(IntFlag):
    """Bits of IV_PROTO."""

    DATA_V2 = 1 << 1
    REQUEST_PUSH = 1 << 2
    TLS_KEY_EXPORT = 1 << 3
    AUTH_PENDING_KW = 1 << 4
    NCP_P2P = 1 << 5
    CC_EXIT_NOTIFY = 1 << 7
    AUTH_FAIL_TEMP = 1 << 8
    DYN_TLS_CRYPT = 1 << 9
    DATA_EPOCH = 1 << 10
    DNS_OPTION_V2 = 1 << 11
    PUSH_UPDATE = 1 << 12


PROTO_IMPLEMENTED = (
    Proto.DATA_V2
    | Proto.REQUEST_PUSH
    | Proto.TLS_KEY_EXPORT
    | Proto.AUTH_PENDING_KW
    | Proto.CC_EXIT_NOTIFY
    | Proto.AUTH_FAIL_TEMP
    | Proto.PUSH_UPDATE
    | Proto.DYN_TLS_CRYPT
    | Proto.DATA_EPOCH
)


PROTO_P2P = (
    PROTO_IMPLEMENTED
    & (
        Proto.DATA_V2
        | Proto.TLS_KEY_EXPORT
        | Proto.CC_EXIT_NOTIFY
        | Proto.DYN_TLS_CRYPT
        | Proto.DATA_EPOCH
    )
    | Proto.NCP_P2P
)
"""What both sides of a point-to-point tunnel announce, and agree on without a push."""


@dataclass(frozen=True, slots=True)
class PeerInfo:
    """What the peer said of itself."""

    values: dict[str, str]

    @property
    def proto(self) -> Proto:
        """IV_PROTO; nothing announced is 0."""
        return Proto((decimal(self.values.get("IV_PROTO", "")) or 0) & 0xFFFF)

    @property
    def ciphers(self) -> tuple[str, ...] | None:
        """Data ciphers the peer can do; None if it does not negotiate [draft: ncp]."""
        if "IV_CIPHERS" in self.values:
            names = self.values["IV_CIPHERS"].split(":")
            return tuple("none" if name == "none" else name.upper() for name in names if name)
        if (decimal(self.values.get("IV_NCP", "")) or 0) >= 2:
            return ("AES-256-GCM", "AES-128-GCM")
        return None

    @property
    def accepts_mtu(self) -> bool:
        """Does the peer take a pushed tun-mtu?"""
        return "IV_MTU" in self.values


def parse(text: str) -> PeerInfo:
    """`NAME=VALUE` lines; others are passed over; blanks and what can't be printed become _."""
    values = {}
    for line in text.split("\n"):
        name, equals, value = line.strip("\r").partition("=")
        if equals and name.isascii() and name.replace("_", "").isalnum():
            values[name] = _printable(value)
    return PeerInfo(values)


def _printable(value: str) -> str:
    if value.isprintable() and " " not in value:
        return value
    return "".join(letter if letter.isprintable() and letter != " " else "_" for letter in value)


def serialize_p2p(ciphers: tuple[str, ...]) -> str:
    """What an end of a point-to-point tunnel says."""
    return f"IV_CIPHERS={':'.join(ciphers)}\nIV_PROTO={int(PROTO_P2P)}\n"


def serialize(
    version: str,
    platform: str,
    ciphers: tuple[str, ...],
    max_mtu: int,
    *,
    has_compression: bool = False,
    more: Iterable[tuple[str, str]] = (),
) -> str:
    """Our own lines, in the reference's order, and `more` behind them."""
    lines = [f"IV_VER={version}", f"IV_PLAT={platform}", "IV_TCPNL=1", f"IV_MTU={max_mtu}"]
    if {"AES-256-GCM", "AES-128-GCM"} <= set(ciphers):
        lines.append("IV_NCP=2")
    lines += [
        f"IV_CIPHERS={':'.join(ciphers)}",
        f"IV_PROTO={int(PROTO_IMPLEMENTED)}",
        *(("IV_LZ4=1", "IV_LZ4v2=1", "IV_LZO=1") if has_compression else ("IV_LZO_STUB=1",)),
        "IV_COMP_STUB=1",
        "IV_COMP_STUBv2=1",
        *(f"{name}={value}".replace("\n", "_") for name, value in more),
    ]
    return "\n".join(lines) + "\n"
