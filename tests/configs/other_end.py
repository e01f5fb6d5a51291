"""What stands at the other end of a sample: a configuration of the stock program that fits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.configs.samples import Sample

PORT = "1194"
CIPHERS = "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305"
KEYS = ("tls-auth", "tls-crypt", "secret")
REPEATED = ("tun-mtu", "fragment")  # both ends have to say the same


def text(sample: Sample, server_address: str) -> str:
    """The whole configuration; it names files as `write_keys` has written them."""
    lines = ["verb 4", f"dev {_device(sample)}", *_link(sample, server_address)]
    lines += _wrapping(sample) + _data(sample) + _role(sample) + list(sample.other_end)
    return "".join(f"{line}\n" for line in lines)


def _device(sample: Sample) -> str:
    return "tap" if "tap" in (sample.value("dev")[:3], sample.value("dev-type")) else "tun"


def _proto(sample: Sample) -> str:
    """The protocol that a sample would use first."""
    remote = sample.first("remote")
    if remote is not None and len(remote.args) > 2:
        return remote.args[2]
    return sample.value("proto", "udp")


def _link(sample: Sample, server_address: str) -> list[str]:
    is_tcp, is_ipv6 = _proto(sample).startswith("tcp"), "6" in _proto(sample)
    stem = ("tcp" if is_tcp else "udp") + ("6" if is_ipv6 and not sample.is_server else "")
    port = sample.value("lport") or sample.value("port", PORT)
    if sample.has("local") or sample.has_server_key:
        here = sample.value("rport", port) if not sample.is_server else "0"
        bound = ["nobind"] if sample.is_server else [f"lport {here}"]
        proto = f"proto {stem}-client" if is_tcp else f"proto {stem}"
        return [proto, f"remote {sample.value('local', server_address)} {port}", *bound]
    return [f"proto {stem}-server" if is_tcp else f"proto {stem}", f"lport {PORT}"]


def _wrapping(sample: Sample) -> list[str]:
    """The key that wraps the control channel, in the other direction."""
    for name in KEYS:
        found = sample.first(name)
        if found is not None:
            direction = found.args[1] if len(found.args) > 1 else sample.value("key-direction")
            other = {"0": " 1", "1": " 0"}.get(direction, "") if name != "tls-crypt" else ""
            file = "tls-crypt" if name == "tls-crypt" else "tls-auth"
            return [f"{name} {file}.key{other}"]
    if sample.has("tls-crypt-v2"):
        side = "client" if sample.is_server else "server"
        return [f"tls-crypt-v2 tls-crypt-v2-{side}.key"]
    return []


def _data(sample: Sample) -> list[str]:
    cipher = sample.value("cipher", "none" if sample.is_server else "").upper()
    offered = sample.value("data-ciphers") or sample.value("ncp-ciphers") or CIPHERS
    lines = [f"data-ciphers {offered}"]
    if sample.has("secret"):
        lines = [f"cipher {cipher}"] if cipher else []
    elif cipher and cipher != "NONE":
        lines.append(f"data-ciphers-fallback {cipher}")
    if sample.has("auth"):
        lines.append(f"auth {sample.value('auth')}")
    compression = sample.first("comp-lzo", "compress")
    if compression is not None:
        lines.append(" ".join([compression.name, *compression.args]))
    return [*lines, *(f"{name} {sample.value(name)}" for name in REPEATED if sample.has(name))]


def _role(sample: Sample) -> list[str]:
    if sample.has("secret"):
        return _mirrored(sample)
    if sample.is_server:
        return ["client", *_identity(sample), "auth-user-pass login"]
    if sample.is_client:
        lines = ["server 10.8.0.0 255.255.255.0", "topology subnet", "keepalive 5 30"]
        lines += [*_identity(sample), "dh dh.pem"]
        if not sample.has("cert", "pkcs12"):
            lines.append("verify-client-cert none")
        if sample.has("auth-user-pass"):
            lines += ["script-security 3", "auth-user-pass-verify check via-env"]
        return lines
    role = "tls-client" if sample.has("tls-server") else "tls-server\ndh dh.pem"
    return [role, *_identity(sample), *_mirrored(sample)]


def _identity(sample: Sample) -> list[str]:
    if sample.has("peer-fingerprint"):
        peer = "server" if sample.has_server_key else "client"
        return ["cert other.crt", "key other.key", f"peer-fingerprint @{peer}-fingerprint@"]
    return ["ca ca.crt", "cert other.crt", "key other.key"]


def _mirrored(sample: Sample) -> list[str]:
    """The addresses inside, seen from the other end."""
    found = sample.first("ifconfig")
    lines = ["ifconfig " + " ".join(reversed(found.args))] if found else []
    found = sample.first("ifconfig-ipv6")
    if found:
        address, _, bits = found.args[0].partition("/")
        lines.append(f"ifconfig-ipv6 {found.args[1]}/{bits} {address}")
    return lines
