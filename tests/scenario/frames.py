"""Ethernet frames of any type, put on a node's link and caught on another's."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netns import Node

EXPERIMENT = 0x88B5  # IEEE 802: for local experiments
IPX = 0x8137
EVERYONE = "ff:ff:ff:ff:ff:ff"
LISTEN = """
import socket, sys
dev, ethertype = sys.argv[1], int(sys.argv[2])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
link.bind((dev, ethertype))
link.settimeout(20)
print("listening", flush=True)
print(link.recv(2000).hex())
"""
SEND = """
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
link.send(bytes.fromhex(sys.argv[2]))
"""


class Listener:
    """Waits for what comes first: one line that a program prints, after `listening`."""

    def __init__(self, node: Node, program: str, *words: str) -> None:
        argv = [sys.executable, "-ISc", program, *words]
        self._process = node.popen(argv, stdout=subprocess.PIPE)
        assert self._process.stdout.readline() == "listening\n"

    def heard(self) -> str:
        return self._process.communicate(timeout=25)[0].strip()


def listen(node: Node, dev: str, ethertype: int = EXPERIMENT) -> Listener:
    """Wait for a frame of this type on a link."""
    return Listener(node, LISTEN, dev, str(ethertype))


def frame(source: str, destination: str, payload: str, ethertype: int = EXPERIMENT) -> str:
    """An Ethernet frame in hex; the addresses as they are written."""
    return f"{destination}{source}".replace(":", "") + f"{ethertype:04x}{payload}"


def send(node: Node, dev: str, text: str) -> None:
    """Put bytes on a link as they are."""
    node.run([sys.executable, "-ISc", SEND, dev, text])


def mac(node: Node, dev: str) -> str:
    return node.links()[dev].mac
