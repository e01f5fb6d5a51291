"""The manual pages, as roff: what a program's parser knows of it, and what it does not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from scripts import config_reference
from scripts.share.programs import Command, Option
from vpn.config.unsupported import VERDICTS

SECTIONS = {"vpn": 8, "vpn-pki": 8, "lab": 1}
TITLES = {
    "vpn": "an OpenVPN in Python, client and server",
    "vpn-pki": "certificates and keys for tunnels",
    "lab": "a network lab for a VPN",
}

NOTHING = "\\&"  # that takes its place
DIRECTIVES = """\
A configuration file and the command line take the same directives, with a leading -- here and
without one there. A lone argument is a configuration file. The directives are OpenVPN's own:
openvpn(8) explains what each one is for, where it is installed.

"pushed": a client takes it from its server. "per remote": it may stand in a <connection> block."""

# What stands behind the options: what no parser knows.
MORE = {
    "vpn": (
        ("SIGNALS", (
            ("SIGTERM, SIGINT", "End; what was changed in the system is put back."),
            ("SIGHUP", "Begin again, with the configuration read anew."),
            ("SIGUSR1", "Begin again with the same configuration (--remap-usr1)."),
            ("SIGUSR2", "Write counters and peers to the log."),
        )),
        ("EXIT STATUS", (
            ("0", "Ended by a signal; --version."),
            ("1", "A wrong option, a fatal error; --help."),
        )),
        ("ENVIRONMENT", (
            ("VPN_TRACEBACK", "If set, an internal error shows where it happened."),
            ("NOTIFY_SOCKET", "Where systemd is told that the program is ready."),
        )),
        ("FILES", (
            ("lib/systemd/system/vpn-client@.service, vpn-server@.service",
             "Units, below the directory that the package is installed to."),
        )),
    ),
    "vpn-pki": (("EXIT STATUS", (("1", "It could not be done; one line says why."),)),),
    "lab": (
        ("EXIT STATUS", (
            ("0", "Done. lab exec ends as its command does, lab explain by the class of cause."),
            ("1", "It could not be done; one line says what, why, and what helps."),
        )),
        ("ENVIRONMENT", (
            ("LAB_TRACEBACK", "If set, an internal error shows where it happened."),
            ("XDG_RUNTIME_DIR", "Where the labs of an ordinary user have their files."),
        )),
    ),
}  # fmt: skip
SEE_ALSO = {
    "vpn": "vpn-pki(8), lab(1), openvpn(8)",
    "vpn-pki": "vpn(8), lab(1)",
    "lab": "vpn(8), vpn-pki(8), ip-netns(8), tcpdump(8)",
}


def page(program: Command) -> str:
    """The manual page of a program."""
    (name,) = program.path
    parts = [
        f'.\\" Written by scripts/share from the program itself: `make docs`.\n'
        f'.TH {name.upper()} {SECTIONS[name]} "" vpnlab',
        f".SH NAME\n{_plain(f'{name} - {TITLES[name]}')}",
        f".SH SYNOPSIS\n{_synopsis(program)}",
        f".SH DESCRIPTION\n{_text(DIRECTIVES if name == 'vpn' else program.says)}",
        *([_directives(program)] if name == "vpn" else _commands(program)),
        *(f".SH {title}\n{_entries(entries)}" for title, entries in MORE[name]),
        *([f".SH EXAMPLES\n.nf\n{_plain(program.examples)}\n.fi"] if program.examples else []),
        f".SH SEE ALSO\n{_plain(SEE_ALSO[name])}",
    ]
    return "\n".join(parts) + "\n"


def _synopsis(program: Command) -> str:
    if program.commands:
        return f"{_bold(program.path[0])} COMMAND [OPTION ...] [ARGUMENT ...]"
    name = _bold(program.path[0])
    return f"{name} CONFIG\n.br\n{name} \\-\\-DIRECTIVE [ARGUMENT ...] ..."


def _commands(program: Command) -> list[str]:
    parts = [f".SH OPTIONS\n{_options(program.options)}"] if program.options else []
    parts.append(".SH COMMANDS")
    for command in program.walk():
        if not command.commands:
            words = [*command.path, *(one.usage for one in command.arguments)]
            parts += [f".SS {_plain(' '.join(words))}\n{_text(_sentence(command.says))}"]
            parts += [_options(command.options)] if command.options else []
    return parts


def _sentence(text: str) -> str:
    says = text.strip()
    return says if says.endswith(".") else f"{says[0].upper()}{says[1:]}."


def _directives(program: Command) -> str:
    parts = [".SH OPTIONS"]
    for area, options in groupby(program.options, key=lambda one: one.area):
        parts.append(f".SS {_plain(area)}\n{_options(options)}")
    parts.append(".SH DIRECTIVES THAT ARE NOT SUPPORTED")
    parts.append("Refused with their place, or taken with a warning that says what is lost.")
    known = config_reference.directives()
    rest = [one.name for one in known if not (one.is_supported or one.is_foreign)]
    parts.append(_entries((f"--{name}", VERDICTS[name].reason) for name in rest))
    return "\n".join(parts)


def _options(options: Iterable[Option]) -> str:
    return _entries((one.usage, one.says) for one in options)


def _entries(entries: Iterable[tuple[str, str]]) -> str:
    """Terms in bold, each with what is said of it, if anything is."""
    return "\n".join(f".TP\n{_bold(term)}\n{_plain(says) or NOTHING}" for term, says in entries)


def _text(text: str) -> str:
    """Paragraphs."""
    paragraphs = (" ".join(one.split()) for one in text.strip().split("\n\n"))
    return "\n.PP\n".join(_plain(one) for one in paragraphs)


def _bold(text: str) -> str:
    return f"\\fB{_plain(text)}\\fR"


def _plain(text: str) -> str:
    """Text in which roff sees no command."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
