"""The program: a command line in, an exit code out.

Exit codes are those of the stock program: 0 after a signal to end and for --version, 1 for --help,
a wrong option or a fatal error. Most imports are late, so that --help answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vpn import __version__
from vpn.errors import ConfigError, VpnError

if TYPE_CHECKING:
    from vpn.config.options import Options

EXIT_OK, EXIT_ERROR = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(words)
        sys.stdout.flush()  # here, where a reader that has gone can still be forgiven
        return status
    except ConfigError as problem:
        print(f"Options error: {problem}")
    except VpnError as problem:
        print(problem)
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # whoever read our output has gone, and must not be told again
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except Exception as problem:  # a bug: one line, and the traceback for whoever asks for it
        if os.environ.get("VPN_TRACEBACK"):
            raise
        where = "set VPN_TRACEBACK=1 to see where"
        _report(f"internal error: {type(problem).__name__}: {problem} -- {where}")
    return EXIT_ERROR


def _report(text: str) -> None:
    """Where the log is: a process in the background has no other place."""
    import logging

    log = logging.getLogger("vpn")
    if log.handlers:
        log.error("%s", text)
    else:
        print(text)


def _run(words: list[str]) -> int:
    name = words[0].removeprefix("--") if words and words[0].startswith("--") else ""
    if not words or name == "help":
        from vpn.system import usage

        print(usage.text())
        return EXIT_ERROR
    if name == "version":
        print(version_text())
        return EXIT_OK
    if name.startswith("show-") or name == "test-crypto":
        from vpn.system import show

        if name in show.COMMANDS:
            print(show.text(name))
            return EXIT_OK
    if "--genkey" in words:
        return _genkey(words)
    return _tunnel(words)


def version_text() -> str:
    """Two lines: ours, and the libraries that do the cryptography."""
    return f"{title()}\nlibrary versions: {_libraries()}"


def title() -> str:
    """The first line of every log."""
    return f"vpnlab {__version__} [OpenVPN protocol, SSL (OpenSSL), AEAD]"


def _libraries() -> str:
    import ssl

    return ssl.OPENSSL_VERSION


def _genkey(words: list[str]) -> int:
    """`--genkey [KIND] [FILE] [METADATA]`, or the old `--genkey --secret FILE`; in any order with
    the `--tls-crypt-v2 SERVER_KEY` that a client's key needs.
    """
    from pathlib import Path

    from vpn.pki import genkey

    server_key = None
    if "--tls-crypt-v2" in words[:-1]:
        at = words.index("--tls-crypt-v2")
        server_key = Path(words[at + 1])
        words = words[:at] + words[at + 2 :]
    words = [word for word in words if word != "--genkey"]
    kind = "secret"
    if words and words[0].removeprefix("--") in genkey.KINDS:
        kind, *words = words[0].removeprefix("--"), *words[1:]
    elif words and "/" not in words[0] and "." not in words[0]:
        print(f"Options error: genkey: unknown type {words[0]}; one of {', '.join(genkey.KINDS)}")
        return EXIT_ERROR
    if len(words) > (2 if kind == genkey.CLIENT else 1):
        print(f"Options error: genkey: takes [{'|'.join(genkey.KINDS)}] [FILE] [METADATA]")
        return EXIT_ERROR
    text = genkey.text(kind, server_key, words[1] if words[1:] else None)
    if not words:
        print(text, end="")
        return EXIT_OK
    return _write_key(words[0], text)


def _write_key(path: str, text: str) -> int:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, 0o600)  # also of a file that was there
            file.write(text)
    except OSError as problem:
        print(f"Cannot open file '{path}' for write: {problem.strerror} (errno={problem.errno})")
        return EXIT_ERROR
    return EXIT_OK


def _tunnel(words: list[str]) -> int:
    """Load, run, and again for as long as a signal says so."""
    if not words[0].startswith("--"):  # `vpn client.ovpn`: a lone file is a configuration
        words = ["--config", *words]
    from vpn.config.load import load
    from vpn.system import prompt
    from vpn.system.run import Program

    origin = os.getcwd()
    options = prompt.complete(load(words))

    def reload() -> Options:
        os.chdir(origin)
        return prompt.complete(load(words))

    return Program(title()).run(options, reload)
