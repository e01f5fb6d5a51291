"""`python -m labs`, the same as `lab`."""

from __future__ import annotations

from labs.cli import main

if __name__ == "__main__":
    main()
