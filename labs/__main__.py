"""The program `lab`, and `python -m labs`: without its libraries it says so in one line."""

from __future__ import annotations

import sys

from labs import extra
from labs.errors import LabError


def main() -> None:
    """Run the program."""
    try:
        extra.require()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        sys.exit(1)
    from labs.cli import main as run

    run()


if __name__ == "__main__":
    main()
