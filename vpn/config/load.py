"""The command line and the files it leads to, as `Options`. The only part of config that reads.

Relative names start at the working directory, or at `cd`, as with the stock program.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vpn.config.expand import INLINE_MARK
from vpn.config.field import CONFIG
from vpn.config.lexer import Directive, lex, lex_arguments, lex_block
from vpn.config.options import Options, spec_for
from vpn.config.parse import parse
from vpn.config.transport_arguments import HTTP_METHODS

MAX_DEPTH = 10
ON_TERMINAL = "stdin"  # in place of a file with a proxy's password
WITHOUT_A_FILE = (  # asked for; made up; asked for
    *("auth-user-pass", "auth-gen-token-secret", "http-proxy-user-pass"),
)
MAX_FILE = 16 * 1024 * 1024


def load(arguments: Sequence[str]) -> Options:
    """What a command line (without the program's name) means; ConfigError with the place if not."""
    reader = Reader(Path.cwd())
    words = lex_arguments(list(arguments))
    options = parse(reader.read(words))
    named = next((one.args[0] for one in words if one.name == "config" and one.args), "")
    return replace(
        options,
        process=replace(options.process, config_file=named),  # for scripts
        warnings=options.warnings + tuple(reader.warnings),
    )


class Reader:
    """Follows `config` and `cd`, and puts files' contents into the directives that name them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._config_directories: list[Path] = []
        self.warnings: list[str] = []

    def read(self, directives: list[Directive], depth: int = 0) -> list[Directive]:
        """All directives in order, nested files in the place of their `config`."""
        found: list[Directive] = []
        for directive in directives:
            if directive.name == "config":
                found += self._nested(directive, depth)
            elif directive.name == "cd" and len(directive.args) == 1:
                self._directory = self._change(directive)
                found.append(replace(directive, args=(str(self._directory),)))
            elif directive.name == "connection" and directive.content is not None:
                inner = [part for one in lex_block(directive) for part in self._complete(one)]
                found.append(replace(directive, inner=tuple(inner)))
            else:
                found += self._complete(directive)
        return found

    def _nested(self, directive: Directive, depth: int) -> list[Directive]:
        if len(directive.args) != 1:
            raise directive.error("takes one FILE")
        if depth >= MAX_DEPTH:
            raise directive.error(f"configurations nest deeper than {MAX_DEPTH}")
        name = directive.args[0]
        raw = self._bytes(directive, name)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        self._config_directories.append((self._directory / name).parent)
        return self.read(lex(text, name), depth + 1)

    def _change(self, directive: Directive) -> Path:
        target = self._directory / directive.args[0]
        if not target.is_dir():
            raise directive.error(f'"{directive.args[0]}" is not a directory')
        return target

    def _complete(self, directive: Directive) -> list[Directive]:
        return [self._with_contents(one) for one in self._apart(directive)]

    def _with_contents(self, directive: Directive) -> Directive:
        """The directive with what is in the file that it names, if its kind names one."""
        spec = spec_for(directive.name, CONFIG)
        if spec is None or not spec.contents:
            return directive
        if directive.name == "crl-verify" and directive.args[1:] == ("dir",):
            if not (self._directory / directive.args[0]).is_dir():
                raise directive.error(f'"{directive.args[0]}" is not a directory')
            return replace(directive, content=b"")
        if directive.content is None and directive.args[:1] not in ((), (INLINE_MARK,), ("none",)):
            directive = replace(directive, content=self._bytes(directive, directive.args[0]))
            if spec.private:
                self._warn_if_open(directive)
        if directive.name in WITHOUT_A_FILE and directive.content is None:
            return replace(directive, content=b"")
        return directive

    def _apart(self, directive: Directive) -> list[Directive]:
        """A proxy's third argument names a file with the user name and the password."""
        name, args = directive.name, directive.args
        if name == "http-proxy" and len(args) > 2 and args[2] not in HTTP_METHODS:
            proxy = directive.derive(name, *args[:2], *(args[3:] or ("basic",)))
            file = () if args[2] == ON_TERMINAL else args[2:3]
            return [proxy, directive.derive("http-proxy-user-pass", *file)]
        if name == "socks-proxy" and len(args) == 3:
            content = b"" if args[2] == ON_TERMINAL else self._bytes(directive, args[2])
            return [directive.derive(name, *args[:2], content.decode("utf-8", "replace"))]
        return [directive]

    def _bytes(self, directive: Directive, name: str) -> bytes:
        path = self._directory / name
        try:
            if path.stat().st_size > MAX_FILE:
                raise directive.error(f'"{name}" is larger than {MAX_FILE} bytes')
            return path.read_bytes()
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else str(problem)
            raise directive.error(f'cannot read "{name}": {reason}{self._hint(name)}') from None

    def _hint(self, name: str) -> str:
        """Where the file is, when it lies beside the configuration."""
        for directory in self._config_directories:
            if (directory / name).exists():
                return f" (it is in {directory.resolve()}: start there, or use --cd)"
        return ""

    def _warn_if_open(self, directive: Directive) -> None:
        name = directive.args[0]
        mode = (self._directory / name).stat().st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
            self.warnings.append(
                f"WARNING: {directive}: file '{name}' is group or others accessible"
            )
