"""`lab export`: a topology as files for another tool."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from labs import topologies
from labs.containers import compose
from labs.containers.compose import Export, Vpn
from labs.errors import LabError
from labs.settings import Settings

Format = Callable[[Export], dict[str, str]]


def _compose(export: Export) -> dict[str, str]:
    return {"compose.yaml": compose.text(export)}


# By name: what makes the files, {name: text}.
FORMATS: dict[str, Format] = {"compose": _compose}


def vpns(words: Mapping[str, str | None]) -> dict[str, Vpn]:
    """What the user has at the ends, by role: {"client_image": "mine", "client_command": None}."""
    found = {}
    for role in ("client", "server"):
        image, command = words[f"{role}_image"], words[f"{role}_command"]
        if image or command:
            found[role] = Vpn(image or compose.IMAGE, tuple(shlex.split(command or "")))
    return found


def run(
    form: str, plan: str, settings: Settings, vpns: Mapping[str, Vpn], directory: Path | None
) -> None:
    """Print the one file, or write them all below a directory, with the topology's own."""
    file = Path(plan) if plan not in topologies.NAMES else None
    topology = topologies.find(plan)
    name = file.name if file is not None else None
    export = Export(topology, settings, vpns, name, tuple(words_of(plan, settings, vpns)))
    files = FORMATS[form](export)
    if directory is None and len(files) == 1 and file is None:
        click.echo(next(iter(files.values())), nl=False)
        return
    if directory is None:
        names = ", ".join([*files, *filter(None, [name])])
        raise LabError(f"{form} takes several files", names, "say where: --directory DIR")
    if file is not None:
        files[file.name] = file.read_text(encoding="utf-8")
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")


def words_of(plan: str, settings: Settings, vpns: Mapping[str, Vpn]) -> list[str]:
    """The options that lead to the same files again."""
    words = [] if plan == topologies.DEFAULT else ["--topology", plan]
    for role in ("client", "server"):
        if settings.program(role) != "ours":
            words += [f"--{role}", settings.program(role)]
        if (vpn := vpns.get(role)) is not None:
            words += [f"--{role}-image", vpn.image] if vpn.image != compose.IMAGE else []
            words += [f"--{role}-command", shlex.join(vpn.command)] if vpn.command else []
    words += [word for one in settings.sets for word in ("--set", str(one))]
    return list(map(shlex.quote, words))
