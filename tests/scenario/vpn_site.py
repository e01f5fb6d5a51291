"""What the VPN's scenarios do and look at on the nodes of their site (conftest.py draws it)."""

from __future__ import annotations

import re

import pytest

from netns import wait_for

FILES = "10.77.0.10"
SERVER_INSIDE = "10.8.0.1"

# Which program stands at the client and which at the server.
PAIRS = pytest.mark.parametrize(
    "pair",
    [
        ("ours", "ours"),
        pytest.param(("ours", "openvpn"), marks=pytest.mark.openvpn),
        pytest.param(("openvpn", "ours"), marks=pytest.mark.openvpn),
    ],
    ids="/".join,
)

# Whose neighbours are on the way is the kernel's own affair, and so is how long it knows them.
VOLATILE = re.compile(r"valid_lft \S+ preferred_lft \S+")


def pings(node, address, size=56) -> bool:
    """Do all of a few quick pings come back? CommandFailed says what ping saw if not."""
    node.run(["ping", "-nq", "-c3", "-i0.05", "-W2", f"-s{size}", address])
    return True


def answers(node, address) -> bool:
    """Does one ping come back within a second?"""
    return node.run(["ping", "-nq", "-c1", "-W1", address], check=False).returncode == 0


def wait_answers(node, address, seconds=20.0) -> None:
    """Wait until the address can be reached."""
    wait_for(lambda: answers(node, address), seconds, f"{node.name} to reach {address}")


def wait_said(end, words, times=1, seconds=20.0) -> None:
    """Wait until an end's log has said the words so many times."""
    what = f"{end.name} to say {words!r} {times} times"
    wait_for(lambda: end.log_text().count(words) >= times, seconds, what)


def network(node) -> str:
    """All of a node's links, addresses, routes and rules, as `ip` shows them."""
    shows = ("link", "address", "route show table all", "-6 route show table all", "rule")
    texts = [node.run(["ip", *show.split()]).stdout for show in shows]
    return VOLATILE.sub("", "\n".join(texts))
