"""How parts of netns are started as programs of their own: the holder, a capture.

Not with `python -m`: that would import all of netns, most of which only callers need, and twice
the time of making a sandbox would be spent on it.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

# The package itself is stood in for by an empty one that only knows where its modules are.
CODE = """
import sys, types
sys.modules["netns"] = types.ModuleType("netns")
sys.modules["netns"].__path__ = [{package!r}]
from netns.{module} import main
sys.exit(main(sys.argv[1:]))
"""


def command(module: str, *arguments: str) -> list[str]:
    """Write the command that runs `main` of a module of netns."""
    code = CODE.format(package=str(PACKAGE), module=module).strip()
    return [sys.executable, "-P", "-c", code, *arguments]
