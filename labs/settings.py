"""What may differ from one `lab up` to the next: programs, clocks and directives of the ends.

`--set` takes a directive of the VPN's configuration, for both ends, for one of them, or for the one
node of that name:

    --set proto=tcp   --set tls-auth   --set client:verb=4   --set -keepalive   --set laptop:mute=5

`--speed` and `--clock` are for the programs' clocks (labs/clock.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from labs.clock import Shift, checked_speed
from labs.errors import LabError
from labs.topology import Topology

ENDS = ("client", "server")
PROGRAMS = ("ours", "openvpn")

# [END:]directive[=value]; one leading "-" takes the lab's own directive away.
FORM = re.compile(r"(?:([A-Za-z0-9][A-Za-z0-9_-]*):)?(-?)([a-z][a-z0-9-]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """One `--set`."""

    directive: str
    value: str = ""
    end: str | None = None  # "client" or "server", or a node; None: all
    is_removal: bool = False

    @classmethod
    def parse(cls, text: str) -> Setting:
        """Read [END:]directive[=value], or [END:]-directive."""
        found = FORM.fullmatch(text)
        if found is None or "\n" in text or (found[2] and found[4] is not None):
            raise LabError(
                f'--set "{text}"', fix="write [END:]directive[=value], or [END:]-directive"
            )
        return cls(found[3], found[4] or "", found[1], bool(found[2]))

    def __str__(self) -> str:
        where = f"{self.end}:" if self.end else ""
        value = f"={self.value}" if self.value else ""
        return f"{where}{'-' if self.is_removal else ''}{self.directive}{value}"

    def applies_to(self, end: str, node: str | None = None) -> bool:
        """Is it for this end, a client or a server, on this node?"""
        return _applies(self.end, end, node)


def _applies(meant: str | None, end: str, node: str | None) -> bool:
    return meant in ({None, end} if meant in ENDS else {None, node})


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a lab was brought up with, beside its topology."""

    client: str = "ours"
    server: str = "ours"
    sets: tuple[Setting, ...] = ()
    speed: float = 1.0
    clocks: tuple[Shift, ...] = ()

    @classmethod
    def of(
        cls,
        client: str = "ours",
        server: str = "ours",
        sets: Iterable[str] = (),
        speed: float = 1.0,
        clocks: Iterable[str] = (),
    ) -> Settings:
        """Read what a user wrote."""
        for end, program in (("client", client), ("server", server)):
            if program not in PROGRAMS:
                raise LabError(f'--{end} "{program}"', fix=f"one of {', '.join(PROGRAMS)}")
        return cls(
            client,
            server,
            tuple(Setting.parse(text) for text in sets),
            float(checked_speed(speed)),
            tuple(Shift.parse(text) for text in clocks),
        )

    def with_sets(self, sets: Iterable[Setting]) -> Settings:
        """The same and more directives, behind those that are there."""
        return replace(self, sets=(*self.sets, *sets))

    def with_clocks(self, clocks: Iterable[Shift]) -> Settings:
        """The same and more shifts of clocks, behind those that are there."""
        return replace(self, clocks=(*self.clocks, *clocks))

    def program(self, end: str) -> str:
        return self.client if end == "client" else self.server

    def value(self, directive: str, end: str, default: str = "", *, node: str | None = None) -> str:
        """What the last `--set` for this end says."""
        for setting in reversed(self.sets):
            if setting.directive == directive and setting.applies_to(end, node):
                return default if setting.is_removal else setting.value
        return default

    @property
    def has_real_clocks(self) -> bool:
        return self.speed == 1 and not self.clocks

    def shift(self, end: str, node: str) -> float:
        """How far the clock of an end is off, in seconds: what the last `--clock` for it says."""
        for one in reversed(self.clocks):
            if _applies(one.end, end, node):
                return one.seconds
        return 0.0

    def fitted(self, topology: Topology) -> Topology:
        """The topology with the port that `--set port=` asks for; named ends must be its own."""
        self._check_ends(topology)
        ports = [one.value for one in self.sets if one.directive == "port" and one.end is None]
        if not ports:
            return topology
        if not ports[-1].isdecimal() or not 1 <= int(ports[-1]) <= 65535:
            raise LabError(f"--set port={ports[-1]}", "port must be 1..65535")
        return topology.with_port(int(ports[-1]))

    def _check_ends(self, topology: Topology) -> None:
        known = (*ENDS, *topology.vpn.servers, *topology.vpn.clients)
        meant = [(f"--set {one}", one.end) for one in self.sets]
        meant += [(f"--clock {one}", one.end) for one in self.clocks]
        for said, end in meant:
            if end is not None and end not in known:
                ends = ", ".join(dict.fromkeys(known))
                raise LabError(said, f'no end "{end}"', f"one of {ends}")

    def as_dict(self) -> dict[str, Any]:
        """For the lab's state; `of` reads it back."""
        return {
            "client": self.client,
            "server": self.server,
            "sets": [str(setting) for setting in self.sets],
            "speed": self.speed,
            "clocks": [str(shift) for shift in self.clocks],
        }

    def __str__(self) -> str:
        sets = "".join(f" --set {setting}" for setting in self.sets)
        speed = f" --speed {self.speed:g}" if self.speed != 1 else ""
        clocks = "".join(f" --clock {shift}" for shift in self.clocks)
        return f"--client {self.client} --server {self.server}{sets}{speed}{clocks}"
