"""A source tree as the rules see it: files, their syntax trees, and the names they define."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("vpn", "netns", "labs")


def python_files(root: Path, *folders: str) -> list[Path]:
    """List the Python files below these folders of `root`, in order."""
    found = [path for folder in folders for path in (root / folder).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_name(root: Path, path: Path) -> str:
    """Turn vpn/wire/control.py into vpn.wire.control."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[tuple[int, str]]:
    """List (line, dotted name) of everything imported, wherever the import stands.

    `from vpn.wire import data` is given as vpn.wire.data: what is meant may be the module.
    """
    found: list[tuple[int, str]] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            found += [(node.lineno, f"{origin}.{alias.name}") for alias in node.names]
    return found


def defines(path: Path, dotted: str) -> bool:
    """Does the file define this function, class or constant, or Class.member?"""
    scope: list[ast.stmt] = parsed(path).body
    names = dotted.split(".")
    for depth, name in enumerate(names):
        node = _find(scope, name)
        if node is None:
            return False
        if depth < len(names) - 1:
            if not isinstance(node, ast.ClassDef):
                return False
            scope = node.body
    return True


def defines_anywhere(path: Path, dotted: str) -> bool:
    """The same, where a method may also be named without its class."""
    if defines(path, dotted):
        return True
    classes = [node.name for node in parsed(path).body if isinstance(node, ast.ClassDef)]
    return any(defines(path, f"{name}.{dotted}") for name in classes)


def _find(scope: list[ast.stmt], name: str) -> ast.stmt | None:
    for node in scope:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name == name:
                return node
        elif isinstance(node, ast.Assign):
            if any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
                return node
        elif isinstance(node, ast.AnnAssign):
            if isinstance(node.target, ast.Name) and node.target.id == name:
                return node
        elif isinstance(node, ast.If):
            inner = _find([*node.body, *node.orelse], name)
            if inner is not None:
                return inner
    return None


def assert_none(found: list[str]) -> None:
    """Fail with one line for each thing found."""
    assert not found, "\n" + "\n".join(found)


def write(root: Path, files: dict[str, str]) -> Path:
    """Write a small tree, for showing that a rule fails where it should."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
