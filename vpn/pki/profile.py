"""A client's whole configuration in one file: directives, then certificates and keys as blocks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vpn.pki.authority import Authority
from vpn.pki.store import PkiError, read

WRAPS = ("tls-crypt-v2", "tls-crypt", "tls-auth", "none")
KEY_FILES = {"tls-crypt": "tls-crypt.key", "tls-auth": "ta.key"}
CLIENT_DIRECTION = "1"  # a server says 0


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """What the file should say. `wrap`: empty is the key that the authority's directory has."""

    name: str
    host: str
    port: int = 1194
    proto: str = "udp"
    dev: str = "tun"
    wrap: str = ""


def export(authority: Authority, profile: ClientProfile) -> str:
    """The text of a `.ovpn`. It holds a private key: keep it private."""
    entry = next(
        (one for one in authority.entries() if one.name == profile.name and not one.revoked), None
    )
    if entry is None:
        raise PkiError(f"{profile.name} has no certificate: vpn-pki client {profile.name}")
    if entry.role != "client":
        raise PkiError(f"{profile.name} is a {entry.role}; a profile is for a client")
    lines = [
        "client",
        f"dev {profile.dev}",
        f"proto {profile.proto}",
        f"remote {profile.host} {profile.port}",
        "resolv-retry infinite",
        "nobind",
        "persist-tun",
        "remote-cert-tls server",
        "verb 3",
    ]
    wrap = profile.wrap or _wrap_of(authority, profile.name)
    if wrap == "tls-auth":
        lines.append(f"key-direction {CLIENT_DIRECTION}")
    blocks = {
        "ca": authority.certificate,
        "cert": read(authority.path / "issued" / f"{profile.name}.crt"),
        "key": read(authority.path / "private" / f"{profile.name}.key"),
    }
    if wrap == "tls-crypt-v2":
        blocks[wrap] = read(_own_key(authority, profile.name))
    elif wrap != "none":
        blocks[wrap] = read(authority.path / KEY_FILES[wrap])
    for tag, contents in blocks.items():
        lines += [f"<{tag}>", contents.decode().strip(), f"</{tag}>"]
    return "\n".join(lines) + "\n"


def _own_key(authority: Authority, name: str) -> Path:
    return authority.path / "private" / f"{name}-v2.key"


def _wrap_of(authority: Authority, name: str) -> str:
    if _own_key(authority, name).exists():
        return "tls-crypt-v2"
    return next(
        (wrap for wrap, file in KEY_FILES.items() if (authority.path / file).exists()), "none"
    )
