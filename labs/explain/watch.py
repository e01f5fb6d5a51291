"""Looks at all cables and rules of a lab at once, while something is tried.

    with watching(lab, "meta l4proto udp") as watch:
        ...
    for sight in watch.sights: ...

A frame is seen as it enters a cable from the node that sent it, so the last node that sent a
packet on is known, and the one that should have been next.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scapy.packet import Packet

    from labs.build import RuleWatch, Step
    from labs.lab import Lab


@dataclass(frozen=True, slots=True)
class Sight:
    """One frame on one cable: who sent it, who is to take it next."""

    time: float
    segment: str
    sender: str
    dev: str
    next: str  # the node that has the frame's destination address; empty for a broadcast
    packet: Packet  # from the Ethernet frame up

    def __str__(self) -> str:
        return f"{self.segment}, from {self.sender}: {self.packet.summary()}"


@dataclass(slots=True)
class Watch:
    """What was seen; complete once the block has ended."""

    sights: list[Sight] = field(default_factory=list)
    steps: dict[str, list[Step]] = field(default_factory=dict)  # by node: its rules and verdicts


@contextmanager
def watching(lab: Lab, match: str) -> Iterator[Watch]:
    """Record every cable, and follow what matches (in nft's words) through each node's rules."""
    watch = Watch()
    routers = [lab[node.name] for node in lab.topology.nodes if node.is_router]
    with tempfile.TemporaryDirectory(prefix="vpnlab-") as directory, ExitStack() as stack:
        file = Path(directory) / "all.pcapng"
        with ThreadPoolExecutor(len(routers) + 1) as pool:
            capture = pool.submit(lab.sandbox.capture, file)
            watches: dict[str, RuleWatch] = dict(
                zip(
                    [router.name for router in routers],
                    pool.map(lambda router: router.watch_rules(match), routers),
                    strict=True,
                )
            )
        for rules in watches.values():
            stack.callback(rules.stop)
        stack.callback(capture.result().stop)
        reader = Thread(target=_prepare, name="scapy")
        reader.start()
        yield watch
        reader.join()
        capture.result().stop()
        watch.sights += _sights(lab, file)
        watch.steps.update({name: rules.steps() for name, rules in watches.items()})


def _prepare() -> None:
    """Scapy takes half a second to import: that passes while others wait for an answer."""
    for name in ("scapy.layers.l2", "scapy.utils", "labs.dissect"):
        import_module(name)


def _sights(lab: Lab, file: Path) -> Iterator[Sight]:
    from scapy.layers.l2 import Ether
    from scapy.utils import PcapNgReader

    import labs.dissect  # noqa: F401  # so that Scapy knows what OpenVPN is

    owners = {link.mac: name for name, node in lab.nodes.items() for link in node.links().values()}
    with PcapNgReader(str(file)) as packets:
        for packet in packets:
            where, _, cable = str(packet.sniffed_on or "").partition(": ")
            sender, _, dev = cable.partition(" ")
            towards = owners.get(packet.dst, "") if isinstance(packet, Ether) else ""
            yield Sight(float(packet.time), where, sender, dev, towards, packet)
