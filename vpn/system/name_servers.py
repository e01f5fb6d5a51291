"""The system's own resolver, told of the tunnel's name servers, and back [man: --dns-updown].

    where systemd-resolved is in charge    its `resolvectl`, for this interface only
    elsewhere                              /etc/resolv.conf, its old text put back at the end

The file stays open from the first to the last, so that it can be put back by a process that has
given up its rights.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from pathlib import Path

from vpn.config.dns import NameServers, Server

log = logging.getLogger("vpn.dns")

RESOLV_CONF = Path("/etc/resolv.conf")
RESOLVED = "/run/systemd/resolve/"
MARK = "# written by vpnlab; what was here before comes back when the tunnel ends\n"
MAX_SERVERS = 3  # resolv.conf(5)
TIMEOUT = 5.0  # seconds


class SystemResolver:
    """What was told, to be taken back."""

    def __init__(self, path: Path = RESOLV_CONF) -> None:
        self._path = path
        self._before: tuple[int, bytes, bytes] | None = None  # descriptor, old text, new text
        self._interface = ""

    def tell(self, names: NameServers, interface: str) -> bool:
        """Let the system ask these; False if that can't be done, and the log says why."""
        if not names.servers and not names.search:
            return True
        if os.path.realpath(self._path).startswith(RESOLVED) and shutil.which("resolvectl"):
            self._interface = interface
            return all(_run(words) for words in resolvectl_commands(names, interface))
        text = resolv_conf(names)
        return text is not None and self._write(text)

    def take_back(self) -> None:
        """As it was before."""
        interface, self._interface = self._interface, ""
        if interface:
            _run(["resolvectl", "revert", interface])
        before, self._before = self._before, None
        if before is None:
            return
        descriptor, old, new = before
        try:
            if os.pread(descriptor, len(new) + 1, 0) == new:
                _replace(descriptor, old)
            else:
                log.warning("%s was changed by somebody else; it stays as it is", self._path)
        except OSError as problem:
            log.warning("%s: cannot be put back: %s", self._path, problem.strerror)
        finally:
            os.close(descriptor)

    def _write(self, text: str) -> bool:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            old, new = os.pread(descriptor, os.fstat(descriptor).st_size, 0), text.encode()
            self._before = descriptor, old, new
            _replace(descriptor, new)
        except OSError as problem:
            log.warning(
                "ERROR: %s: %s; name servers stay as they are", self._path, problem.strerror
            )
            return False
        log.info("%s: name servers of the tunnel", self._path)
        return True


def resolv_conf(names: NameServers) -> str | None:
    """The text for /etc/resolv.conf; None if no server is for all names."""
    usable = [server for server in names.servers if _is_plain(server)]
    for server in names.servers:
        if server not in usable:
            log.warning(
                "dns: server %s is for some names only, encrypted, or on a port of its own: "
                "that takes systemd-resolved; it is not used",
                ", ".join(host for host, _ in server.addresses) or "without address",
            )
    if names.servers and not usable:
        return None
    addresses = [host for host, _ in usable[0].addresses[:MAX_SERVERS]] if usable else []
    lines = [f"search {' '.join(names.search)}\n"] if names.search else []
    return MARK + "".join(lines) + "".join(f"nameserver {address}\n" for address in addresses)


def _is_plain(server: Server) -> bool:
    has_port = any(port not in (None, 53) for _, port in server.addresses)
    is_plain = server.transport in ("", "plain") and not server.domains
    return bool(server.addresses) and is_plain and not has_port


def resolvectl_commands(names: NameServers, interface: str) -> list[list[str]]:
    """What tells systemd-resolved the same; it keeps it as long as the interface lives."""
    commands = []
    domains = list(names.search)
    if names.servers:
        first = names.servers[0]
        commands.append(
            ["resolvectl", "dns", interface, *(_with_port(first, *a) for a in first.addresses)]
        )
        domains += [f"~{domain}" for domain in first.domains] or ["~."]
        if first.dnssec:
            words = {"yes": "yes", "optional": "allow-downgrade", "no": "no"}
            commands.append(["resolvectl", "dnssec", interface, words[first.dnssec]])
        if first.transport == "DoT":
            commands.append(["resolvectl", "dnsovertls", interface, "yes"])
    commands.append(["resolvectl", "domain", interface, *domains])
    return commands


def _with_port(server: Server, host: str, port: int | None) -> str:
    name = f"#{server.sni}" if server.sni else ""
    if port is None:
        return host + name
    return (f"[{host}]:{port}" if ":" in host else f"{host}:{port}") + name


def _replace(descriptor: int, text: bytes) -> None:
    """The whole file; it is short enough for one write."""
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))


def _run(words: list[str]) -> bool:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        log.warning("ERROR: %s: %s", " ".join(words), problem)
        return False
    if done.returncode:
        log.warning("ERROR: %s: %s", " ".join(words), done.stderr.strip())
    return done.returncode == 0
