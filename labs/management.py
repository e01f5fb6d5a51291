"""A conversation with an end's management interface, from its own node.

    said = converse(lab["client"], ("127.0.0.1", 7505), ("state", "^END"), ("pid", "^SUCCESS"))

Each step says a line, if it has one, and listens until a line matches; what was heard up to there
is the step's answer. Run as a program on the node, it reads the steps and prints the answers.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from labs import ours
from labs.errors import LabError

if TYPE_CHECKING:
    from labs.build import RunningNode

Address = tuple[str, int] | str  # a TCP port, or the path of a unix socket
Step = tuple[str, str]  # what is said ("" for nothing), the pattern of the last line of the answer

SECONDS = 10.0
RETRY = 0.02


def converse(node: RunningNode, address: Address, *steps: Step) -> list[list[str]]:
    """Say and hear; LabError if an answer does not come."""
    told = node.run(
        [sys.executable, "-m", "labs.management"],
        stdin=json.dumps([address, steps]),
        env=ours.environment(),
        timeout=2 * SECONDS,
    )
    answers: list[list[str]] = json.loads(told.stdout)
    if len(answers) < len(steps):
        _said, wanted = steps[len(answers)]
        raise LabError(f"{node.name}: the management interface did not say {wanted!r}")
    return answers


def main() -> None:
    """On the node: once through the steps, or as far as it gets."""
    address, steps = json.load(sys.stdin)
    answers: list[list[str]] = []
    with _connected(address) as link, link.makefile("r", encoding="utf-8") as lines:
        for say, wanted in steps:
            if say:
                link.sendall(f"{say}\n".encode())
            heard = _until(lines, re.compile(wanted))
            if heard is None:
                break
            answers.append(heard)
    print(json.dumps(answers))


def _connected(address: list[str | int] | str) -> socket.socket:
    """The interface may be about to open."""
    until = time.monotonic() + SECONDS
    while True:
        link = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        link.settimeout(SECONDS)
        try:
            link.connect(address if isinstance(address, str) else tuple(address))
        except OSError:
            link.close()
            if time.monotonic() > until:
                raise
            time.sleep(RETRY)
        else:
            return link


def _until(lines: Iterable[str], wanted: re.Pattern[str]) -> list[str] | None:
    heard: list[str] = []
    try:
        for line in lines:
            heard.append(line.strip())
            if wanted.search(heard[-1]):
                return heard
    except TimeoutError:
        pass
    return None


if __name__ == "__main__":
    main()
