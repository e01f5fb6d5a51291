"""The status of an endpoint as lines, in the stock program's formats."""

from __future__ import annotations

import logging
import os
import time

from vpn import __version__
from vpn.errors import SystemFailure
from vpn.system.link import explain
from vpn.tunnel.status import PeerStatus, Status

log = logging.getLogger("vpn.status")

COMPATIBLE = "2.6.14"  # what a monitor that reads the version may expect of us
TITLE = f"OpenVPN {COMPATIBLE} compatible: vpnlab {__version__} [SSL (OpenSSL)] [AEAD]"
TIME = "%Y-%m-%d %H:%M:%S"
CLIENT_COLUMNS = (
    "Common Name", "Real Address", "Virtual Address", "Virtual IPv6 Address", "Bytes Received",
    "Bytes Sent", "Connected Since", "Connected Since (time_t)", "Username", "Client ID", "Peer ID",
    "Data Channel Cipher",
)  # fmt: skip
ROUTE_COLUMNS = (
    "Virtual Address", "Common Name", "Real Address", "Last Ref", "Last Ref (time_t)",
)  # fmt: skip


def client_lines(status: Status, wall: float) -> list[str]:
    """What a client prints."""
    return [
        "OpenVPN STATISTICS",
        f"Updated,{_time(wall)}",
        f"TUN/TAP read bytes,{status.tun_read_bytes}",
        f"TUN/TAP write bytes,{status.tun_write_bytes}",
        f"TCP/UDP read bytes,{status.link_read_bytes}",
        f"TCP/UDP write bytes,{status.link_write_bytes}",
        f"Auth read bytes,{status.tun_write_bytes}",
        "END",
    ]


def with_drops(lines: list[str], status: Status) -> list[str]:
    """What SIGUSR2 prints: the status, and before its END what was dropped, and why."""
    drops = [f"Dropped ({reason.value}),{count}" for reason, count in status.drops.items()]
    return [*lines[:-1], *drops, lines[-1]]


def server_lines(status: Status, now: float, wall: float, version: int) -> list[str]:
    """What a server prints [man: --status-version]: 1, or 2 with commas, or 3 with tabs."""
    if version == 1:
        return _server_version_1(status, now, wall)
    rows: list[tuple[object, ...]] = [("TITLE", TITLE), ("TIME", _time(wall), int(wall))]
    rows.append(("HEADER", "CLIENT_LIST", *CLIENT_COLUMNS))
    for peer in status.peers:
        since = wall - (now - peer.connected_since)
        rows.append(
            (
                "CLIENT_LIST", peer.common_name, _real(peer), peer.tunnel_address,
                peer.tunnel_ipv6, peer.bytes_received, peer.bytes_sent, _time(since), int(since),
                peer.username or "UNDEF", peer.client_id, peer.peer_id, peer.cipher,
            )
        )  # fmt: skip
    rows.append(("HEADER", "ROUTING_TABLE", *ROUTE_COLUMNS))
    rows += [
        (
            "ROUTING_TABLE",
            peer.tunnel_address,
            peer.common_name,
            _real(peer),
            _time(wall),
            int(wall),
        )
        for peer in status.peers
        if peer.tunnel_address
    ]
    rows += [("GLOBAL_STATS", "Max bcast/mcast queue length", 0)]
    rows += [("GLOBAL_STATS", "dco_enabled", 0), ("END",)]
    separator = "," if version == 2 else "\t"
    return [separator.join(map(str, row)) for row in rows]


def _server_version_1(status: Status, now: float, wall: float) -> list[str]:
    return [
        "OpenVPN CLIENT LIST",
        f"Updated,{_time(wall)}",
        "Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since",
        *(
            f"{peer.common_name},{_real(peer)},{peer.bytes_received},{peer.bytes_sent},"
            f"{_time(wall - (now - peer.connected_since))}"
            for peer in status.peers
        ),
        "ROUTING TABLE",
        "Virtual Address,Common Name,Real Address,Last Ref",
        *(
            f"{peer.tunnel_address},{peer.common_name},{_real(peer)},{_time(wall)}"
            for peer in status.peers
            if peer.tunnel_address
        ),
        "GLOBAL STATS",
        "Max bcast/mcast queue length,0",
        "END",
    ]


class StatusFile:
    """The file that is rewritten every so often [man: --status]. Open from the start: a later user
    might not be allowed to open it."""

    def __init__(self, path: str, interval: int) -> None:
        self.interval = interval
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
            self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")
        except OSError as problem:
            text = f"Note: cannot open {path} for WRITE: {explain(problem)}"
            raise SystemFailure(text) from problem

    def write(self, lines: list[str]) -> None:
        """Replace the contents."""
        try:
            if self._file.seekable():
                self._file.seek(0)
                self._file.truncate()
            self._file.write("\n".join(lines) + "\n")
            self._file.flush()
        except OSError as problem:
            log.warning("status file: %s", explain(problem))

    def close(self) -> None:
        """Close the file; it stays."""
        self._file.close()


def _real(peer: PeerStatus) -> str:
    host = peer.address.host.removeprefix("::ffff:")  # IPv4 that came to an IPv6 socket
    return f"[{host}]:{peer.address.port}" if ":" in host else f"{host}:{peer.address.port}"


def _time(wall: float) -> str:
    return time.strftime(TIME, time.localtime(wall))
