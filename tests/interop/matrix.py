"""The cells of the generated matrix: which combinations of transport, device, wrap and cipher.

All combinations would be many hundreds of tunnels. What breaks is two things meeting, so every two
values of different columns meet in at least one cell, in either role.

    python -m tests.interop.matrix          prints them as a table
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

PROTOS = ("udp4", "udp6", "tcp4", "tcp6")
DEVICES = ("tun", "tap")
WRAPS = ("none", "tls-auth", "tls-auth with direction", "tls-crypt", "tls-crypt-v2")
AEADS = ("AES-128-GCM", "AES-192-GCM", "AES-256-GCM", "CHACHA20-POLY1305")
CBCS = tuple(
    f"{cipher}+{digest}"
    for cipher in ("AES-128-CBC", "AES-256-CBC")
    for digest in ("SHA1", "SHA256", "SHA512")
)
"""The cipher, and the digest that `auth` names."""
CIPHERS = (*AEADS, *CBCS)
ROLES = (("ours", "openvpn"), ("openvpn", "ours"))  # client, server


class Cell(NamedTuple):
    """One tunnel."""

    role: tuple[str, str]
    proto: str
    device: str
    wrap: str
    cipher: str

    def __str__(self) -> str:
        return "-".join(["/".join(self.role), *self[1:]]).replace(" ", "_")

    @property
    def settings(self) -> list[str]:
        """What `lab up --set` would be told."""
        cipher, _, digest = self.cipher.partition("+")
        sets = [f"proto={self.proto}", f"dev={self.device}", f"cipher={cipher}"]
        if digest:
            sets.append(f"auth={digest}")
        if self.wrap == "tls-auth":
            sets.append("tls-auth=ta.key")
        elif self.wrap != "none":
            sets.append(self.wrap.partition(" ")[0])
        return sets


def cells() -> Iterator[Cell]:
    """Every cell once: every cipher on every link, and the wraps in turn along both."""
    links = list(itertools.product(PROTOS, DEVICES))
    for (turn, role), (row, cipher), (column, link) in itertools.product(
        enumerate(ROLES), enumerate(CIPHERS), enumerate(links)
    ):
        wrap = WRAPS[(row + column + 2 * turn) % len(WRAPS)]
        yield Cell(role, *link, wrap, cipher)


def table() -> str:
    """The cells in Markdown: C where our program is the client, S where it is the server."""
    roles: dict[tuple[str, ...], str] = {}
    for cell in cells():
        place = (cell.proto, cell.device, cell.wrap, cell.cipher)
        roles[place] = roles.get(place, "") + ("C" if cell.role[0] == "ours" else "S")
    lines = [
        f"| transport, device, wrap | {' | '.join(CIPHERS)} |",
        "|---" * (1 + len(CIPHERS)) + "|",
    ]
    for row in itertools.product(PROTOS, DEVICES, WRAPS):
        marks = (roles.get((*row, cipher), "") for cipher in CIPHERS)
        lines.append(f"| {', '.join(row)} | {' | '.join(marks)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
