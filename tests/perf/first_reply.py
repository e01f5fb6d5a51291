"""How long a newcomer waits: from `lab up` to the first reply through the tunnel.

    python -m tests.perf.first_reply [TIMES]         (as root; `make bench` runs it)

The lab is a new one each time, with our program at both ends. On a quiet machine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

TIMES = 5
LIMIT = 3.0  # seconds


def main() -> int:
    """Print one line."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    name = f"first-reply-{os.getpid()}"
    lab = [sys.executable, "-m", "labs"]
    try:
        found = []
        for _ in range(times):
            up = [*lab, "up", "--name", name, "--replace", "--json"]
            said = subprocess.run(up, check=True, capture_output=True, text=True).stdout
            found.append(json.loads(said)["seconds_to_first_reply"])
    finally:
        subprocess.run([*lab, "down", "--name", name], check=True, capture_output=True)
    median = statistics.median(found)
    verdict = "" if median <= LIMIT else "  MISSED"
    print(
        f"lab up to the first reply, median of {times}: {median:.2f} s "
        f"({min(found):.2f} to {max(found):.2f})  <= {LIMIT:g} s{verdict}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
