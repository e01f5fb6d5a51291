"""What the documents point at exists: file::name, paths, links, make targets, lab commands."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from labs.cli import main
from labs.topology_file import from_dict
from tests.structure.tree import ROOT, assert_none, defines, write
from vpn.config.load import load
from vpn.pki.cli import main as vpn_pki

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOP = ("vpn/", "netns/", "labs/", "tests/", "docs/", "scripts/", ".ci/", ".github/")
STATION = re.compile(r"`([\w./-]+\.py)::([\w.]+)`")
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
LAB = re.compile(r"\blab ([a-z][a-z-]*)")
SHELL = ("sh", "console")


def documents(root: Path) -> list[Path]:
    """List the documents: those at the top, and all below docs."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def wrong_stations(root: Path) -> list[str]:
    """List each file::name that names nothing."""
    found = []
    for where, text in _lines(root):
        for file, name in STATION.findall(text):
            path = root / file
            if not path.exists():
                found.append(f"{where}: {file} does not exist")
            elif not defines(path, name):
                found.append(f"{where}: {file} does not define {name}")
    return found


def wrong_paths(root: Path) -> list[str]:
    """List each path of this repository, in backticks or as a link, that leads nowhere."""
    found = []
    for where, text in _lines(root):
        document = root / where.partition(":")[0]
        for span in SPAN.findall(text):
            path = span.partition("::")[0]
            plain = path.startswith(TOP) and not re.search(r"[\s<>{}]|NAME", path)
            if plain and not list(root.glob(path.rstrip("/"))):
                found.append(f"{where}: {path} does not exist")
        for link in LINK.findall(text):
            path = link.partition("#")[0]
            if "://" not in link and path and not (document.parent / path).exists():
                found.append(f"{where}: the link to {link} leads nowhere")
    return found


def wrong_make_targets(root: Path) -> list[str]:
    """List each `make x` that the Makefile does not know."""
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    return [
        f"{where}: there is no `make {target}`"
        for where, command in _commands(root)
        for target in MAKE.findall(command)
        if target not in known
    ]


def wrong_lab_commands(root: Path, known: set[str]) -> list[str]:
    """List each `lab x` that the program does not have."""
    return [
        f"{where}: there is no `lab {name}`"
        for where, command in _commands(root)
        for name in LAB.findall(command)
        if name not in known
    ]


def _lines(root: Path) -> Iterator[tuple[str, str]]:
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            yield f"{path.relative_to(root)}:{number}", line


def _commands(root: Path) -> Iterator[tuple[str, str]]:
    """What a reader may type: code spans, and in shell blocks the lines that are commands."""
    for where, line in _lines(root):
        for span in SPAN.findall(line):
            if re.match(r"(make|lab|\.venv/bin/lab) ", span):
                yield where, span
    for path in documents(root):
        for language, block in FENCE.findall(path.read_text(encoding="utf-8")):
            if language not in SHELL:
                continue
            for line in block.splitlines():
                command = line.partition("#")[0]
                if language == "sh" or command.startswith("$ "):
                    yield str(path.relative_to(root)), command


def test_every_station_is_defined():
    assert_none(wrong_stations(ROOT))


def test_the_packet_path_has_its_stations():
    text = (ROOT / "docs/packet-path.md").read_text(encoding="utf-8")
    named = {name.rpartition(".")[2] for _, name in STATION.findall(text)}
    assert {"read_batch", "encapsulate", "seal", "send_batch"} <= named
    assert {"recv_batch", "decapsulate", "open", "accept", "write_batch"} <= named


def test_every_path_and_link_exists():
    assert_none(wrong_paths(ROOT))


def test_every_make_target_exists():
    assert_none(wrong_make_targets(ROOT))


def test_every_lab_command_exists():
    assert_none(wrong_lab_commands(ROOT, set(main.commands)))


def test_every_topology_in_the_documents_can_be_built():
    blocks = [
        block
        for path in documents(ROOT)
        for language, block in FENCE.findall(path.read_text(encoding="utf-8"))
        if language == "toml"
    ]
    assert [from_dict(tomllib.loads(block), "docs").name for block in blocks] == ["my-site"]


def test_the_configuration_in_getting_started_loads(tmp_path, monkeypatch):
    text = (ROOT / "docs/getting-started.md").read_text(encoding="utf-8")
    (config,) = (block for _, block in FENCE.findall(text) if "\ndev tun\n" in block)
    monkeypatch.chdir(write(tmp_path, {"server.conf": config}))
    for command in re.findall(r"^vpn-pki (.*)$", text, re.MULTILINE):
        assert vpn_pki(command.partition(" > ")[0].split()) == 0
    options = load(["--config", "server.conf"])
    assert options.server.network == ("10.8.0.0", "255.255.255.0")
    assert options.tls.tls_crypt


def test_what_is_not_there_is_found(tmp_path):
    tree = write(
        tmp_path,
        {
            "vpn/a.py": "class A:\n    def b(self): ...\n",
            "Makefile": "test:\n",
            "docs/page.md": (
                "`vpn/a.py::A.b` `vpn/a.py::A.c` `vpn/b.py::A` `vpn/` `vpn/*.py` `docs/none.md`\n"
                "[here](page.md#top) [gone](gone.md) [far](https://example.net/)\n"
                "```sh\nmake test\nmake coffee\nlab up\nlab dance  # lab nothing\n```\n"
                "```console\n$ make tea\nmake believe that this is output\n```\n"
            ),
        },
    )
    assert [line.partition(": ")[2] for line in wrong_stations(tree)] == [
        "vpn/a.py does not define A.c",
        "vpn/b.py does not exist",
    ]
    assert [line.partition(": ")[2] for line in wrong_paths(tree)] == [
        "vpn/b.py does not exist",
        "docs/none.md does not exist",
        "the link to gone.md leads nowhere",
    ]
    assert [line.partition(": ")[2] for line in wrong_make_targets(tree)] == [
        "there is no `make coffee`",
        "there is no `make tea`",
    ]
    assert wrong_lab_commands(tree, {"up"}) == ["docs/page.md: there is no `lab dance`"]
