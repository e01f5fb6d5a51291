"""The three programs as their own parsers and tables describe them: commands, options, values."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Any

import click

from labs import cli, faults, scenarios, topologies
from scripts import config_reference
from vpn.pki import cli as pki
from vpn.system import usage

PLANS = ("NAME|FILE.toml", "[TOPOLOGY]")


@dataclass(frozen=True)
class Value:
    """What an option or an argument takes: words that can be completed, or a file, or neither."""

    usage: str
    words: tuple[str, ...] = ()

    @property
    def may_be_file(self) -> bool:
        return any(word in self.usage for word in ("FILE", "DIR", "PATH", "CONFIG"))


@dataclass(frozen=True)
class Option:
    """An option under all its names; without a value it is a flag."""

    names: tuple[str, ...]
    value: Value | None
    says: str
    area: str = ""

    @property
    def usage(self) -> str:
        """All its names, and what it takes."""
        names = ", ".join(self.names)
        return f"{names} {self.value.usage}" if self.value else names


@dataclass(frozen=True)
class Command:
    """A program, or one of its commands: `path` are the words that lead to it."""

    path: tuple[str, ...]
    says: str
    arguments: tuple[Value, ...] = ()
    options: tuple[Option, ...] = ()
    commands: tuple[Command, ...] = ()
    examples: str = ""

    @property
    def title(self) -> str:
        """The first sentence of what it says."""
        return re.split(r"(?<=[.?])\s", " ".join(self.says.split()))[0]

    def walk(self) -> Iterator[Command]:
        """This one, and all below."""
        yield self
        for command in self.commands:
            yield from command.walk()


def everything() -> tuple[Command, ...]:
    """All programs that are installed."""
    return vpn(), vpn_pki(), lab()


# --- lab --------------------------------------------------------------------------------------


def lab() -> Command:
    """The program `lab`, as click knows it."""
    return _clicked(("lab",), cli.main)


def _clicked(path: tuple[str, ...], command: click.Command) -> Command:
    options = [one for one in command.params if isinstance(one, click.Option)]
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    below = command.commands if isinstance(command, click.Group) else {}
    return Command(
        path,
        command.help or "",
        tuple(_clicked_argument(one) for one in arguments),
        tuple(_clicked_option(one) for one in options),
        tuple(_clicked((*path, name), one) for name, one in below.items() if not one.hidden),
    )


def _clicked_argument(one: click.Argument) -> Value:
    name = one.metavar or (one.name or "").upper()
    shown = name + ("..." if one.nargs == -1 else "")
    shown = shown if one.required or shown.startswith("[") else f"[{shown}]"
    return Value(shown, _words(name, one.type))


def _clicked_option(one: click.Option) -> Option:
    says = one.help or ""
    if one.show_default and not one.is_flag:
        says = f"{says} [default: {one.default}]".strip()
    names = tuple(sorted(one.opts, key=len))
    if one.is_flag:
        return Option(names, None, says)
    words = _words(one.metavar or "", one.type)
    return Option(
        names, Value(one.metavar or "|".join(words) or one.type.name.upper(), words), says
    )


def _words(metavar: str, kind: click.ParamType) -> tuple[str, ...]:
    """What there is to choose from."""
    if isinstance(kind, click.Choice):
        return tuple(kind.choices)
    if metavar in PLANS:
        return tuple(topologies.NAMES)
    known: dict[str, Iterable[str]] = {
        "FAULT": faults.FAULTS,
        "SCENARIO": scenarios.everything(),
        "NODE": (node.name for node in topologies.find(topologies.DEFAULT).nodes),
    }
    known["SOURCE"] = known["TARGET"] = known["NODE"]
    return tuple(known.get(metavar, ()))


# --- vpn-pki ----------------------------------------------------------------------------------


def vpn_pki() -> Command:
    """The program `vpn-pki`, as argparse knows it."""
    parser = pki.parser()
    found = _parsed(("vpn-pki",), parser, parser.description or "")
    return replace(found, examples=dedent((parser.epilog or "").partition("\n")[2]).rstrip())


def _parsed(path: tuple[str, ...], parser: argparse.ArgumentParser, says: str) -> Command:
    options, arguments, commands = [], [], []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {one.dest: one.help or "" for one in action._choices_actions}
            commands = [
                _parsed((*path, name), one, told[name]) for name, one in action.choices.items()
            ]
        elif action.option_strings and action.dest != "help":
            takes = None if action.nargs == 0 else Value(_metavar(action), _choices(action))
            options.append(Option(tuple(action.option_strings), takes, action.help or ""))
        elif not action.option_strings:
            name = _metavar(action)
            arguments.append(Value(f"[{name}]" if action.nargs == "?" else name))
    return Command(path, says, tuple(arguments), tuple(options), tuple(commands))


def _metavar(action: argparse.Action) -> str:
    if isinstance(action.metavar, tuple):
        first, *more = action.metavar
        return " ".join([first, *(f"[{one}]" for one in more)])
    return "|".join(_choices(action)) or action.metavar or action.dest.upper()


def _choices(action: argparse.Action) -> tuple[str, ...]:
    known: Any = action.choices or {"proto": ("udp", "tcp"), "dev": ("tun", "tap")}.get(action.dest)
    return tuple(known or ())


# --- vpn --------------------------------------------------------------------------------------

# Of the lines of --help about what is no directive with a field: its name, arguments, what it does.
HELPER = re.compile(r"^  --([\w-]+)((?: \S+)*)(?:  +(\S.*))?$", re.MULTILINE)


def vpn() -> Command:
    """The program `vpn`: the directives that do something here, by area."""
    helpers = {name: (takes.strip(), says) for name, takes, says in HELPER.findall(usage.FIRST)}
    options = []
    for one in config_reference.directives():
        if not one.is_supported:
            continue
        takes, says = helpers.get(one.name, ("", ""))
        takes = config_reference.usage(one.name) or takes
        notes = [says, _state(one.name), *config_reference.places(one.name)]
        text = "; ".join(filter(None, notes))
        value = Value(takes, _listed(takes)) if takes else None
        options.append(Option((f"--{one.name}",), value, text, one.area))
    return Command(("vpn",), usage.FIRST.split("\n\n")[1], (Value("[CONFIG]"),), tuple(options))


def _state(name: str) -> str:
    """What is to be said of a directive that does something, if that is not quite the usual."""
    state = config_reference.state(name)
    return state.removeprefix(config_reference.SUPPORTED).removeprefix(": ")


def _listed(takes: str) -> tuple[str, ...]:
    """tun|tap|null|NAME: those in small letters are words."""
    first = takes.split(maxsplit=1)[0].strip("[]")
    return tuple(word for word in first.split("|") if word.islower() or word.isdecimal())
