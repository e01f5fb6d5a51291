"""Scapy on a node: started in the node's namespaces, takes requests on standard input.

A request is (method, arguments, keywords), pickled; so is the answer, (value, problem). Only its
own parent talks to it. Scapy is imported here and not before: it looks at interfaces and routes
when it is, and they are the node's.
"""

from __future__ import annotations

import pickle
import sys
from collections import deque
from threading import Event
from typing import Any

import scapy.layers.all
import scapy.route
import scapy.route6  # noqa: F401
from scapy.config import conf
from scapy.error import Scapy_Exception
from scapy.packet import NoPayload, Packet
from scapy.sendrecv import AsyncSniffer, send, sendp, sr1, srp1

Layers = list[tuple[type[Packet], dict[str, Any]]]  # each with the fields that were said
Seen = tuple[type[Packet], bytes, float, str]  # its lowest layer, its bytes, when, on which link
LOOK_SECONDS = 0.01
LOOK_AROUND_FIRST = {"send", "sendp", "sr1", "srp1", "listen"}


class Agent:
    """The methods that may be asked for."""

    def __init__(self) -> None:
        self._heard: deque[Packet] = deque()
        self._sniffer: AsyncSniffer | None = None

    def send(self, packets: list[Layers], **options: Any) -> None:
        """Packets, by the node's routes."""
        send([joined(packet) for packet in packets], verbose=0, **options)

    def sendp(self, frames: list[Layers], **options: Any) -> None:
        """Frames, as they are."""
        sendp([joined(frame) for frame in frames], verbose=0, **options)

    def sr1(self, packet: Layers, **options: Any) -> Seen | None:
        """A packet, and the first answer to it."""
        answer = sr1(joined(packet), verbose=0, **options)
        return None if answer is None else seen(answer)

    def srp1(self, frame: Layers, **options: Any) -> Seen | None:
        """A frame, and the first answer to it."""
        answer = srp1(joined(frame), verbose=0, **options)
        return None if answer is None else seen(answer)

    def listen(self, links: list[str]) -> None:
        """Collect what passes from now on; sockets are open when it returns."""
        started = Event()
        self._heard.clear()
        self._sniffer = AsyncSniffer(
            iface=links, started_callback=started.set, store=False, prn=self._heard.append
        )
        self._sniffer.start()
        while not started.wait(LOOK_SECONDS):
            if not self._sniffer.thread.is_alive():
                raise OSError(f"can't listen on {', '.join(links)}: {self._sniffer.exception}")

    def leave(self) -> None:
        """Collect no more."""
        if self._sniffer is not None:
            self._sniffer.stop(join=True)
        self._sniffer = None

    def heard(self) -> list[Seen]:
        """What came since the last call."""
        return [seen(self._heard.popleft()) for _ in range(len(self._heard))]


def look_around() -> None:
    """Learn the node's links and routes anew: a tun may have come."""
    conf.ifaces.reload()
    conf.route.resync()
    conf.route6.resync()


def joined(parts: Layers) -> Packet:
    """The packet that host.py took apart."""
    packet: Packet = NoPayload()
    for kind, fields in reversed(parts):
        packet = kind(**fields) / packet
    return packet


def seen(packet: Packet) -> Seen:
    """A packet as bytes: the parent may know more layers than we do."""
    return type(packet), bytes(packet), float(packet.time), str(packet.sniffed_on or "")


def main() -> None:
    """Serve until the parent closes our input."""
    agent, asked, answers = Agent(), sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that Scapy prints may come between answers
    while True:
        try:
            method, arguments, keywords = pickle.load(asked)
        except EOFError:
            return
        try:
            if method in LOOK_AROUND_FIRST:
                look_around()
            answer = (getattr(agent, method)(*arguments, **keywords), "")
        except (OSError, ValueError, Scapy_Exception) as problem:
            answer = (None, str(problem) or type(problem).__name__)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
