"""`lab export`: a topology as files for another tool."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from labs import topologies
from labs.containers import compose, containerlab, kathara
from labs.containers.compose import Export, Vpn
from labs.errors import LabError
from labs.settings import Settings
from labs.topology import Topology


@dataclass(frozen=True, slots=True)
class Format:
    """How a topology is written for one tool.

    write_keys: for a tool that has nothing run before its nodes; keys are made with the files then.
    places: where a topology of one's own is put, for each tool its way.
    """

    files: Callable[[Export], dict[str, str]]  # {name: text}
    write_keys: Callable[[Path, Topology, Settings], None] | None = None
    places: Callable[[Path, Topology], list[Path]] = lambda directory, _topology: [directory]


FORMATS: dict[str, Format] = {
    "compose": Format(lambda export: {"compose.yaml": compose.text(export)}),
    "containerlab": Format(
        lambda export: {f"{export.topology.name}.clab.yml": containerlab.text(export)},
        containerlab.write_keys,
    ),
    "kathara": Format(kathara.files, kathara.write_keys, kathara.places),
}


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
    format_ = FORMATS[form]
    if vpns and format_.write_keys is not None:
        raise LabError(f"{form}: a VPN of your own", "only a compose file can have one")
    files = format_.files(export)
    if directory is None and len(files) == 1 and format_.write_keys is None and file is None:
        click.echo(next(iter(files.values())), nl=False)
        return
    if directory is None:
        why = f"{', '.join(files)} and what they name"
        raise LabError(f"{form} takes more than one file", why, "say where: --directory DIR")
    for path, text in _paths(files, file, format_, directory, topology):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"wrote {path}")
    if format_.write_keys is not None:
        format_.write_keys(directory, topology, settings)
        click.echo(f"wrote the keys, and what the VPN's ends read, below {directory}")


def _paths(
    files: Mapping[str, str], own: Path | None, format_: Format, directory: Path, topology: Topology
) -> Iterator[tuple[Path, str]]:
    """All files that are to be written, a topology of the user's own among them."""
    yield from ((directory / name, text) for name, text in files.items())
    if own is not None:
        text = own.read_text(encoding="utf-8")
        yield from ((place / own.name, text) for place in format_.places(directory, topology))


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
