"""Lines to directives: words, quotes, escapes, comments, inline blocks. Knows no directive.

    # comment                     `#` and `;` start one only where a word could start
    remote "vpn.example" 1194     double quotes take backslash escapes, single quotes are raw
    --verb 3                      a leading `--` is dropped
    <ca>                          everything up to the line `</ca>` is the contents
    </ca>

A file and a command line come to the same `Directive`s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vpn.errors import ConfigError

MAX_WORDS = 16  # with the name
MAX_WORD = 256
COMMAND_LINE = "command line"
ESCAPABLE = frozenset('\\" \t\r\n\v\f')
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
WORD = re.compile(
    r"""\s*(?:
        (?P<comment> [#;] .*)
        | " (?P<double> (?: [^"\\] | \\. )*) "
        | ' (?P<single> [^']*) '
        | (?P<plain> (?: [^\s\\"'] | \\. ) (?: [^\s\\] | \\. )*)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive as written. `content`: its inline block, or the file it names, once read."""

    name: str
    args: tuple[str, ...] = ()
    source: str = ""
    line: int = 0
    content: bytes | None = None
    inline: bool = False
    inner: tuple[Directive, ...] = ()  # of a block of directives, with what is in their files

    def error(self, problem: str) -> ConfigError:
        """A ConfigError that names this place."""
        return ConfigError(problem, source=self.source, line=self.line, directive=self.name)

    def derive(self, name: str, *args: str) -> Directive:
        """A directive that this one stands for, at the same place."""
        return Directive(name, args, self.source, self.line)

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line else self.source
        return f"{place}: {self.name}" if place else self.name


def split(line: str) -> list[str]:
    """The words of one line. ValueError: an open quote, a stray backslash, a limit."""
    words: list[str] = []
    at = 0
    while found := WORD.match(line, at):
        at = found.end()
        if found["comment"]:
            at = len(line)
            break
        words.append(_checked(found))
    rest = line[at:].strip()
    if rest:
        raise ValueError(
            f"no closing quotation ({rest[0]})"
            if rest[0] in "\"'"
            else "nothing follows a backslash"
        )
    if len(words) > MAX_WORDS:
        raise ValueError(f"{len(words)} words, at most {MAX_WORDS} are taken")
    return words


def _checked(found: re.Match[str]) -> str:
    word = found["single"]
    if word is None:
        word = ESCAPE.sub(_unescape, found["plain"] or found["double"] or "")
    if len(word) > MAX_WORD:
        raise ValueError(f"a word of {len(word)} characters, at most {MAX_WORD} are taken")
    return word


def _unescape(found: re.Match[str]) -> str:
    if found[1] not in ESCAPABLE:
        raise ValueError("a backslash escapes only a backslash, a double quote or a blank")
    return found[1]


def lex(text: str, source: str, first_line: int = 1) -> list[Directive]:
    """All directives of a file or of a `<connection>` block that starts at `first_line`."""
    found: list[Directive] = []
    lines = text.removeprefix("\ufeff").split("\n")
    at = 0
    while at < len(lines):
        number = first_line + at
        words = _words(lines[at], source, number)
        at += 1
        if not words:
            continue
        if _is_tag(words):
            name = words[0][1:-1]
            end = _end_of_block(lines, at, name)
            if end is None:
                raise ConfigError(
                    f"the block never ends: no line </{name}>",
                    source=source,
                    line=number,
                    directive=name,
                )
            block = "".join(line.removesuffix("\r") + "\n" for line in lines[at:end])
            found.append(Directive(name, (), source, number, block.encode(), inline=True))
            at = end + 1
        else:
            name = words[0].removeprefix("--")
            found.append(Directive(name, tuple(words[1:]), source, number))
    return found


def lex_block(directive: Directive) -> list[Directive]:
    """The directives in a `<connection>` block."""
    text = (directive.content or b"").decode("utf-8", "replace")
    return lex(text, directive.source, directive.line + 1)


def _words(line: str, source: str, number: int) -> list[str]:
    try:
        return split(line)
    except ValueError as problem:
        raise ConfigError(str(problem), source=source, line=number) from None


def _is_tag(words: list[str]) -> bool:
    first = words[0]
    return len(words) == 1 and len(first) > 2 and first[0] == "<" and first[-1] == ">"


def _end_of_block(lines: list[str], start: int, name: str) -> int | None:
    tag = f"</{name}>"
    return next((at for at in range(start, len(lines)) if lines[at].lstrip().startswith(tag)), None)


def lex_arguments(arguments: list[str]) -> list[Directive]:
    """A command line: `--name word --name ...`; words in front are configuration files."""
    found: list[Directive] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        if not word.startswith("--"):
            if found:
                raise ConfigError(f'"{word}" does not start with --', source=COMMAND_LINE)
            found.append(Directive("config", (word,), COMMAND_LINE))
            at += 1
            continue
        end = at + 1
        while end < len(arguments) and not arguments[end].startswith("--"):
            end += 1
        found.append(Directive(word[2:], tuple(arguments[at + 1 : end]), COMMAND_LINE))
        at = end
    return found
