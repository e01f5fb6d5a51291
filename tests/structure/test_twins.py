"""Every module is tested: by its twin in tests/unit, or by a test that names it or its user.

A module that another one keeps for itself may be tested through that one, but not from further
away: a test of the whole program says little about its twentieth part.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.structure.tree import (
    PACKAGES,
    ROOT,
    assert_none,
    imports,
    module_name,
    python_files,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path


# tests/scenario/test_stories.py plays every scenario, test_topologies.py brings every topology up.
ALL_BY_ONE_TEST = ("labs.scenarios.", "labs.topologies.")


def untested(root: Path) -> list[str]:
    """List the modules that no test names, and that no module uses which a test names."""
    named = _named_in_tests(root)
    modules = {module_name(root, path): path for path in python_files(root, *PACKAGES)}
    tested = {name for name, path in modules.items() if name in named or _twin(root, path).exists()}
    used = {
        dotted
        for name in tested
        for _, imported in imports(modules[name])
        for dotted in (imported, imported.rpartition(".")[0])
    }
    return [
        path.relative_to(root).as_posix()
        for name, path in modules.items()
        if not path.name.startswith("__")
        and name not in tested | used
        and not name.startswith(ALL_BY_ONE_TEST)
    ]


def _twin(root: Path, path: Path) -> Path:
    relative = path.relative_to(root)
    return root / "tests" / "unit" / relative.with_name(f"test_{relative.name}")


def _named_in_tests(root: Path) -> set[str]:
    """Every dotted name that a test imports or mentions, and all that stand before its dots."""
    named: set[str] = set()
    for path in python_files(root, "tests"):
        if "structure" in path.parts:
            continue
        mentioned = re.findall(r"\b(?:vpn|netns|labs)(?:\.\w+)+", path.read_text(encoding="utf-8"))
        for dotted in [*mentioned, *(name for _, name in imports(path))]:
            parts = dotted.split(".")
            named.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    return named


def test_every_module_has_a_test_that_is_near():
    assert_none(untested(ROOT))


def test_a_module_without_a_test_is_found(tmp_path):
    tree = write(
        tmp_path,
        {
            "vpn/wire/alone.py": "",
            "vpn/wire/far.py": "",
            "vpn/wire/part.py": "from vpn.wire import far\n",
            "vpn/wire/twin.py": "from vpn.wire.part import Part\n",
            "vpn/wire/named.py": "",
            "tests/unit/vpn/wire/test_twin.py": "",
            "tests/sim/test_story.py": "from vpn.wire import named\n",
        },
    )
    assert untested(tree) == ["vpn/wire/alone.py", "vpn/wire/far.py"]
