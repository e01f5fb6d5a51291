"""`vpn-pki`: a certificate authority for tunnels on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from vpn.errors import VpnError

EPILOG = """\
first steps:
  vpn-pki init pki                             an authority in ./pki
  vpn-pki server server                        pki/issued/server.crt, pki/private/server.key
  vpn-pki client alice                         the same for a client
  vpn-pki tls-crypt-key                        pki/tls-crypt.key, hides the control channel
  vpn-pki export alice --remote vpn.example 1194 > alice.ovpn
"""
WRAPS = ("tls-crypt-v2", "tls-crypt", "tls-auth", "none")
SOON = 30  # days


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 and one line on standard error if it can't be done."""
    words = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = words.command
    try:
        command(words)
    except VpnError as problem:
        print(f"vpn-pki: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands and what they take."""
    top = argparse.ArgumentParser(
        prog="vpn-pki",
        description="Certificates and keys for tunnels.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--dir", default="pki", type=Path, help="the authority's directory (./pki)")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    init = commands.add_parser("init", help="a new authority")
    init.add_argument("dir", nargs="?", default="pki", type=Path, help="its directory (./pki)")
    init.add_argument("--name", default="vpnlab CA", help="its common name")
    init.add_argument("--rsa", action="store_true", help="RSA instead of EC P-256, for everything")
    init.add_argument("--days", default=3650, type=_days, help="how long it is valid (3650)")
    init.set_defaults(command=_init)
    for role in ("server", "client"):
        issue = commands.add_parser(role, parents=[where], help=f"a certificate for a {role}")
        issue.add_argument("name")
        issue.add_argument("--days", default=825, type=_days, help="how long it is valid (825)")
        issue.add_argument("--rsa", action="store_true", help="RSA instead of the authority's type")
        issue.set_defaults(command=_issue, role=role)
    revoke = commands.add_parser("revoke", parents=[where], help="revoke one, write crl.pem")
    revoke.add_argument("name")
    revoke.set_defaults(command=_revoke)
    crl = commands.add_parser("crl", parents=[where], help="write crl.pem anew")
    crl.add_argument("--days", default=180, type=_days, help="how long it is valid (180)")
    crl.set_defaults(command=_crl)
    for name, file in (("ta-key", "ta.key"), ("tls-crypt-key", "tls-crypt.key")):
        key = commands.add_parser(name, parents=[where], help=f"a new {file}")
        key.set_defaults(command=_key, file=file)
    own = commands.add_parser(
        "tls-crypt-v2-key", parents=[where], help="a client's own NAME-v2.key; makes the server's"
    )
    own.add_argument("name")
    own.add_argument("--metadata", help="base64 to note in it; without: the time")
    own.set_defaults(command=_client_key)
    listing = commands.add_parser("list", parents=[where], help="what was issued")
    listing.set_defaults(command=_list)
    _add_export(commands, where)
    return top


def _add_export(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], where: argparse.ArgumentParser
) -> None:
    export = commands.add_parser("export", parents=[where], help="a client's one-file .ovpn")
    export.add_argument("name")
    export.add_argument("--remote", nargs="+", required=True, metavar=("HOST", "PORT"))
    export.add_argument("--proto", default="udp", help="udp, tcp, udp6 … (udp)")
    export.add_argument("--dev", default="tun", help="tun or tap (tun)")
    export.add_argument("--wrap", default="", choices=WRAPS)
    export.add_argument(
        "--out", type=Path, metavar="FILE", help="write here, readable by you alone"
    )
    export.set_defaults(command=_export)


def _days(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= 36500:
        raise argparse.ArgumentTypeError(f'must be 1..36500, not "{word}"')
    return int(word)


def _init(words: argparse.Namespace) -> None:
    from vpn.pki.authority import Authority

    kind = "rsa" if words.rsa else "ec"
    authority = Authority.create(words.dir, words.name, kind, words.days)
    print(f"{words.dir / 'ca.crt'}: valid until {authority.expires:%Y-%m-%d}")
    print(f"{words.dir / 'ca.key'}: keep it secret; who has it can make certificates")


def _issue(words: argparse.Namespace) -> None:
    from vpn.pki.authority import Authority

    kind = "rsa" if words.rsa else None
    issued = Authority.open(words.dir).issue(words.name, words.role, words.days, key_type=kind)
    print(f"{issued.cert_path}: valid until {issued.expires:%Y-%m-%d}")
    print(f"{issued.key_path}: private")


def _revoke(words: argparse.Namespace) -> None:
    from vpn.pki.authority import Authority

    authority = Authority.open(words.dir)
    entry = authority.revoke(words.name)
    print(f"{words.name} (serial {entry.serial}) is revoked")
    _print_crl(words.dir, authority.crl_expires())


def _crl(words: argparse.Namespace) -> None:
    from vpn.pki.authority import Authority

    authority = Authority.open(words.dir)
    authority.crl(words.days)
    _print_crl(words.dir, authority.crl_expires())


def _print_crl(path: Path, expires: datetime | None) -> None:
    until = f"{expires:%Y-%m-%d}" if expires else "?"
    print(
        f"{path / 'crl.pem'}: valid until {until}; a server with crl-verify refuses all after that"
    )


def _key(words: argparse.Namespace) -> None:
    from vpn.pki import static_key

    static_key.write_new(words.dir / words.file)
    print(f"{words.dir / words.file}: private; server and clients have the same")


def _client_key(words: argparse.Namespace) -> None:
    from vpn.pki import genkey
    from vpn.pki.store import PRIVATE, PkiError, read, write

    server = words.dir / "tls-crypt-v2.key"
    if not server.exists():
        write(server, genkey.new_server_key().encode(), PRIVATE)
        print(f"{server}: private; for the server alone")
    own = words.dir / "private" / f"{words.name}-v2.key"
    if own.exists():
        raise PkiError(f"{own} is there already: a key that is in use must not get lost")
    write(own, genkey.new_client_key(read(server), words.metadata).encode(), PRIVATE)
    print(f"{own}: private; for {words.name} alone")


def _list(words: argparse.Namespace) -> None:
    from vpn.pki.authority import Authority

    authority = Authority.open(words.dir)
    now = datetime.now(UTC)
    print(f"{'ca':24} {'authority':10} {_validity(authority.expires, now)}")
    for entry in authority.entries():
        state = (
            f"revoked {entry.revoked[:10]}"
            if entry.revoked
            else _validity(datetime.fromisoformat(entry.expires), now)
        )
        print(f"{entry.name:24} {entry.role:10} {state}  serial {entry.serial}")
    crl_expires = authority.crl_expires()
    if crl_expires:
        print(f"{'crl.pem':24} {'':10} {_validity(crl_expires, now)}")


def _validity(expires: datetime, now: datetime) -> str:
    left = (expires - now).days
    if expires <= now:
        return f"EXPIRED {expires:%Y-%m-%d}"
    soon = f" (in {left} days!)" if left < SOON else ""
    return f"valid until {expires:%Y-%m-%d}{soon}"


def _export(words: argparse.Namespace) -> None:
    from vpn.pki.authority import Authority
    from vpn.pki.profile import ClientProfile, export
    from vpn.pki.store import PRIVATE, PkiError, write

    host, port, *more = (*words.remote, "1194") if len(words.remote) == 1 else words.remote
    if more or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise PkiError(f"--remote takes HOST [PORT], not {' '.join(words.remote)}")
    profile = ClientProfile(words.name, host, int(port), words.proto, words.dev, words.wrap)
    text = export(Authority.open(words.dir), profile)
    if words.out:
        write(words.out, text.encode(), PRIVATE)
        print(f"{words.out}: private; it holds the client's key")
    else:
        print(text, end="")


if __name__ == "__main__":
    sys.exit(main())
