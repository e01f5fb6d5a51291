"""The sample configurations: what each is, what is expected of it, and its text with real keys.

A sample's first lines are comments: what kind of source it is modelled on, then

    # expect: connects            or: # expect: refused: PART OF THE SENTENCE
    # other end: DIRECTIVE        a line for the program at the other end
    # file NAME: LINE             a line of a file that the configuration names

Inline blocks hold placeholders like @ca@. Absolute paths become files of the test's directory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vpn.config.lexer import Directive, lex

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent
HEADER = re.compile(r"# (expect|other end|file)(?: (\S+))?: (.*)")
PLACE = re.compile(r"(?<=[\s\"'])/(?:etc|var|run|tmp|usr)/[\w./-]+")
HOME = "/etc/openvpn"
REFUSED = "refused: "

PASSWORD = "password"
LOGIN = f"user\n{PASSWORD}\n"
SCRIPT = "#!/bin/sh\nexit 0\n"
NAMED_FILES = {
    **{name: name for name in ("ca", "cert", "key", "dh", "tls-auth", "tls-crypt")},
    "tls-crypt-v2": "tls-crypt-v2",
    "secret": "tls-auth",
    "crl-verify": "crl",
    "pkcs12": "pkcs12-file",
}
"""Directive -> the key that is in the file it names."""
SCRIPTS = frozenset((
    *("up", "down", "route-up", "route-pre-down", "client-connect", "client-disconnect"),
    *("learn-address", "tls-verify", "auth-user-pass-verify"),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One configuration of the folder."""

    name: str
    text: str
    kind: str
    expectation: str
    other_end: tuple[str, ...]
    files: Mapping[str, str]
    directives: tuple[Directive, ...]

    @property
    def refusal(self) -> str | None:
        """Part of the sentence that refuses it; None if it connects."""
        given = self.expectation
        return given.removeprefix(REFUSED) if given.startswith(REFUSED) else None

    def first(self, *names: str) -> Directive | None:
        """The first directive that has one of these names."""
        return next((one for one in self.directives if one.name in names), None)

    def has(self, *names: str) -> bool:
        return self.first(*names) is not None

    def value(self, name: str, default: str = "") -> str:
        """A directive's first argument."""
        found = self.first(name)
        return found.args[0] if found is not None and found.args else default

    @property
    def is_server(self) -> bool:
        return self.has("server", "server-bridge") or self.value("mode") == "server"

    @property
    def is_client(self) -> bool:
        return self.has("client", "pull")

    @property
    def has_server_key(self) -> bool:
        return self.is_server or self.has("tls-server")


def every() -> list[Sample]:
    """All samples, in order of their names."""
    return [read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in (".ovpn", ".conf")]


def read(path: Path) -> Sample:
    """One sample, with what its header says."""
    text = path.read_bytes().decode()
    lines = text.removeprefix("\ufeff").splitlines()
    expectation, other_end, files = "", [], {}
    for line in lines:
        said = HEADER.fullmatch(line)
        match said and said.groups():
            case "expect", None, str(value):
                expectation = value
            case "other end", None, str(value):
                other_end.append(value)
            case "file", str(name), str(value):
                files[name] = files.get(name, "") + value + "\n"
    kind = lines[0].removeprefix("# ")
    directives = flat(lex(text, path.name))
    return Sample(path.name, text, kind, expectation, tuple(other_end), files, directives)


def flat(directives: list[Directive]) -> tuple[Directive, ...]:
    """The directives, with those inside of `<connection>` in its place."""
    found: list[Directive] = []
    for one in directives:
        if one.name == "connection" and one.content is not None:
            found += lex(one.content.decode(), one.source)
        else:
            found.append(one)
    return tuple(found)


def furnish(sample: Sample, directory: Path, keys: Mapping[str, bytes]) -> list[str]:
    """Write the sample and all that it names into a directory; the arguments to start it with."""
    for one in sample.directives:
        _write_named(sample, one, directory, keys)
    for name, text in sample.files.items():
        _write(directory / name, text.encode(), executable=text.startswith("#!"))
    text = re.sub(r"@([\w-]+)@", lambda found: keys[found[1]].decode().strip(), sample.text)
    text = PLACE.sub(lambda found: str(_inside(found[0], directory)), text)
    (directory / sample.name).write_bytes(text.encode())
    arguments = ["--config", sample.name]
    login = sample.first("auth-user-pass")
    if login is not None and not login.args and login.content is None:
        _write(directory / "asked", LOGIN.encode())  # what the user would type
        arguments += ["--auth-user-pass", "asked"]
    return arguments


def _write_named(
    sample: Sample, directive: Directive, directory: Path, keys: Mapping[str, bytes]
) -> None:
    name, args = directive.name, directive.args
    if name == "http-proxy" and len(args) > 2:
        _write(_inside(args[2], directory), LOGIN.encode())
    if not args or args[0] == "none" or directive.content is not None:
        return
    path = _inside(args[0], directory)
    if name in NAMED_FILES:
        _write(path, keys[NAMED_FILES[name]])
    elif name == "auth-user-pass":
        _write(path, LOGIN.encode())
    elif name in SCRIPTS:
        _write(path, SCRIPT.encode(), executable=True)
    elif name == "client-config-dir":
        path.mkdir()
    elif name == "capath":
        path.mkdir()
        (path / (keys["ca-hash"].decode().strip() + ".0")).write_bytes(keys["ca"])  # read late


def _inside(name: str, directory: Path) -> Path:
    if name == HOME:
        return directory
    return directory / (Path(name).name if name.startswith("/") else name)


def _write(path: Path, content: bytes, *, executable: bool = False) -> None:
    path.write_bytes(content)
    path.chmod(0o755 if executable else 0o600)
