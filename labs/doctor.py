"""What a lab needs of the machine, whether it is there, and the one line that puts it right."""

from __future__ import annotations

import os
import shutil

from labs import build, clock, reference
from labs.build import Fact
from labs.errors import LabError
from labs.settings import Settings

# A lab of two of our own ends, by the real clock, comes up without.
OPTIONAL = {"openvpn", clock.PACKAGE}


def examine() -> list[Fact]:
    """Try everything; a sandbox is made for it, and removed."""
    return [*build.examine(), program("ip", "iproute2"), stock(), other_clocks()]


def is_well(facts: list[Fact]) -> bool:
    """Can a lab come up here?"""
    return all(fact.is_met or fact.name in OPTIONAL for fact in facts)


def require(settings: Settings, backend: str = "netns") -> None:
    """Refuse, with the fix, to bring up what cannot come up. Only what takes no time is tried."""
    if backend != "netns":
        return  # all that it takes is in the image; the engine speaks for itself
    facts = [program("ip", "iproute2")]
    facts += [program(name, package) for name, (_purpose, package) in build.PROGRAMS.items()]
    facts.append(build.tun_device())
    if "openvpn" in {settings.client, settings.server}:
        facts.append(stock())
    if not settings.has_real_clocks:
        facts.append(other_clocks())
    for fact in facts:
        if not fact.is_met:
            raise LabError(fact.name, fact.detail, fact.fix)


def refused(error: build.NetnsError) -> LabError:
    """Say what to do when not even an empty sandbox could be made."""
    why = f"{error.what}: {error.why}"
    if os.geteuid() == 0:
        return LabError(why, fix=error.fix)
    return LabError("user namespaces are refused", why, build.namespaces_fix())


def program(name: str, package: str) -> Fact:
    """A program of the system."""
    found = shutil.which(name, path=reference.PATHS)
    if found is None:
        return Fact(name, False, "is not installed", f"sudo apt install {package}")
    return Fact(name, True, found)


def stock() -> Fact:
    """The stock VPN, for `--client openvpn` and `--server openvpn` only."""
    if reference.missing():
        return Fact("openvpn", False, "is not installed", "sudo apt install openvpn")
    return Fact("openvpn", True, reference.version())


def other_clocks() -> Fact:
    """What gives programs another clock, for `--speed` and `--clock` only."""
    found = clock.library()
    if found is None:
        return Fact(clock.PACKAGE, False, *clock.missing())
    return Fact(clock.PACKAGE, True, found)
