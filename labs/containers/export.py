"""`lab export`: a topology as files for another tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from labs.containers import compose
from labs.errors import LabError
from labs.settings import Settings
from labs.topology import Topology

Format = Callable[[Topology, Settings, Sequence[str]], dict[str, str]]


def _compose(topology: Topology, settings: Settings, words: Sequence[str]) -> dict[str, str]:
    return {"compose.yaml": compose.text(topology, settings, words)}


# By name: what makes the files, {name: text}.
FORMATS: dict[str, Format] = {"compose": _compose}


def run(form: str, topology: Topology, settings: Settings, directory: Path | None) -> None:
    """Print the one file, or write them all below a directory."""
    files = FORMATS[form](topology, settings, words_of(topology, settings))
    if directory is None:
        if len(files) > 1:
            names = ", ".join(files)
            raise LabError(f"{form} takes several files", names, "say where: --directory DIR")
        click.echo(next(iter(files.values())), nl=False)
        return
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


def words_of(topology: Topology, settings: Settings) -> list[str]:
    """The options that lead to the same files again."""
    words = [] if topology.name == "three-lans" else ["--topology", topology.name]
    for role in ("client", "server"):
        if settings.program(role) != "ours":
            words += [f"--{role}", settings.program(role)]
    return words + [word for one in settings.sets for word in ("--set", str(one))]
