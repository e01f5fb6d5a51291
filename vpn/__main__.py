"""`python -m vpn`, the same as `vpn`."""

from __future__ import annotations

import sys

from vpn.cli import main

if __name__ == "__main__":
    sys.exit(main())
