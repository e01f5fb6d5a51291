"""The commands of the management interface: a line comes to a command and its arguments.

Pure: nothing here reads a socket or knows what a command does. Words are split as in a
configuration file [management-notes: command parsing].
"""

from __future__ import annotations

from typing import NamedTuple

from vpn.config.lexer import split
from vpn.errors import VpnError

END = "END"
NOT_HERE = "The '{}' command is not supported by the current daemon mode"


class CommandError(VpnError):
    """What follows `ERROR: `."""


class Spec(NamedTuple):
    """One command: how many arguments, where it works, and its line of help."""

    fewest: int
    most: int
    usage: str
    help: str
    role: str = ""  # "server" or "client": elsewhere it is refused
    is_block: bool = False  # lines follow, up to END


class Command(NamedTuple):
    """A command as it came; `block` has the lines that followed it."""

    name: str
    args: tuple[str, ...] = ()
    block: tuple[str, ...] = ()


COMMANDS = {
    "auth-retry": Spec(0, 1, "[none|interact|nointeract]", "what follows a refused password"),
    "bytecount": Spec(1, 1, "N", "show bytes in and out every N seconds, 0 = off"),
    "certificate": Spec(0, 0, "", "not supported: certificates come from files", is_block=True),
    "client-auth": Spec(2, 2, "CID KID", "admit a client with directives", "server", is_block=True),
    "client-auth-nt": Spec(2, 2, "CID KID", "admit a client", "server"),
    "client-deny": Spec(3, 4, 'CID KID "REASON" ["CLIENT TEXT"]', "refuse a client", "server"),
    "client-kill": Spec(1, 2, "CID [MESSAGE]", "end a client, with RESTART or MESSAGE", "server"),
    "client-pending-auth": Spec(
        4, 4, "CID KID MESSAGE SECONDS", "ask a client for patience and a second factor", "server"
    ),
    "cr-response": Spec(1, 1, "BASE64", "answer a challenge of the server", "client"),
    "echo": Spec(1, 2, "[on|off] [N|all]", "echo messages: real time, and the last N"),
    "env-filter": Spec(0, 1, "[LEVEL]", "how much of the environment is shown"),
    "exit": Spec(0, 0, "", "close this session"),
    "forget-passwords": Spec(0, 0, "", "forget the passwords entered so far"),
    "help": Spec(0, 0, "", "this text"),
    "hold": Spec(0, 1, "[on|off|release]", "the hold flag; end a hold"),
    "kill": Spec(1, 1, "NAME|IP:PORT", "end the clients of this name or address", "server"),
    "load-stats": Spec(0, 0, "", "number of clients, bytes in and out"),
    "log": Spec(1, 2, "[on|off] [N|all]", "the log: real time, and the last N lines"),
    "mute": Spec(0, 1, "[N]", "at most N lines of a kind in a row"),
    "needok": Spec(2, 2, "TYPE ok|cancel", "answer a NEED-OK question"),
    "needstr": Spec(2, 2, "TYPE TEXT", "answer a NEED-STR question"),
    "net": Spec(0, 0, "", "Windows only"),
    "password": Spec(2, 2, "TYPE PASSWORD", "a password that was asked for"),
    "pid": Spec(0, 0, "", "the process id"),
    "pk-sig": Spec(0, 0, "", "not supported: keys come from files", is_block=True),
    "pkcs11-id-count": Spec(0, 0, "", "there are no PKCS#11 tokens"),
    "pkcs11-id-get": Spec(1, 1, "INDEX", "there are no PKCS#11 tokens"),
    "proxy": Spec(1, 4, "NONE|HTTP|SOCKS [HOST PORT] [nct]", "the proxy to use", "client"),
    "push-update-broad": Spec(1, 1, '"OPTIONS"', "change the options of all clients", "server"),
    "push-update-cid": Spec(2, 2, 'CID "OPTIONS"', "change the options of a client", "server"),
    "quit": Spec(0, 0, "", "close this session"),
    "remote": Spec(1, 3, "ACCEPT|SKIP [N]|MOD HOST PORT", "the remote to use", "client"),
    "remote-entry-count": Spec(0, 0, "", "number of remotes", "client"),
    "remote-entry-get": Spec(1, 2, "I|all [J]", "remotes I to J-1, or all", "client"),
    "rsa-sig": Spec(0, 0, "", "not supported: keys come from files", is_block=True),
    "signal": Spec(1, 1, "SIGHUP|SIGTERM|SIGUSR1|SIGUSR2", "send a signal to the program"),
    "state": Spec(0, 2, "[on|off] [N|all]", "the state: real time, and the last N"),
    "status": Spec(0, 1, "[1|2|3]", "the status, in this format"),
    "test": Spec(1, 1, "N", "N lines of output"),
    "username": Spec(2, 2, "TYPE NAME", "a user name that was asked for"),
    "verb": Spec(0, 1, "[N]", "how much is logged"),
    "version": Spec(0, 1, "[N]", "the versions; the version that you speak"),
}


def parse(line: str) -> Command | None:
    """One line; None if it is empty. CommandError says what is wrong with it."""
    try:
        words = split(line)
    except ValueError as problem:
        raise CommandError(f"command parsing failed: {problem}") from None
    if not words:
        return None
    name, *args = words
    spec = COMMANDS.get(name)
    if spec is None:
        raise CommandError(f"unknown command [{name}], enter 'help' for more options")
    if not spec.fewest <= len(args) <= spec.most:
        least = "at least " if spec.most > spec.fewest else ""
        raise CommandError(
            f"the '{name}' command requires {least}{spec.fewest} "
            f"parameter{'' if spec.fewest == 1 else 's'}"
        )
    return Command(name, tuple(args))


def check_role(name: str, *, is_server: bool) -> None:
    """Some commands make sense in one role only."""
    wanted = COMMANDS[name].role
    if wanted and (wanted == "server") is not is_server:
        shown = "client-auth" if name == "client-auth-nt" else name
        raise CommandError(NOT_HERE.format(shown))


def number(word: str, what: str) -> int:
    """A number that must not be negative."""
    if not word.isdecimal():
        raise CommandError(f"cannot parse {what}")
    return int(word)


def help_lines(title: str) -> list[str]:
    """The answer to `help`."""
    lines = [f"Management Interface for {title}", "Commands:"]
    for name, spec in COMMANDS.items():
        lines.append(f"{f'{name} {spec.usage}'.rstrip():<54}: {spec.help}.")
    return [*lines, END]
