"""What scripts are told of a client, by the stock program's names [man: environmental-variables].

Pure: figures in, names and values out.
"""

from __future__ import annotations

from vpn.events import Address
from vpn.tunnel.clients import ClientEntry
from vpn.wire.peer_info import parse


def of_client(entry: ClientEntry, now: float, unix_time: float) -> dict[str, str]:
    """A client as it is now."""
    found, peer = who(entry), entry.peer
    since = now if peer.connected_at is None else peer.connected_at
    duration = int(now - since)
    found["time_unix"] = str(int(unix_time) - duration)
    if peer.connected_at is not None:
        found |= {
            "time_duration": str(duration),
            "bytes_received": str(peer.bytes_received),
            "bytes_sent": str(peer.bytes_sent),
        }
    return found


def who(entry: ClientEntry) -> dict[str, str]:
    """A client, apart from the time."""
    peer = entry.peer
    found = dict(peer.negotiated.engine.environment) if peer.negotiated else {}
    if peer.session.remote is not None:
        found |= parse(peer.session.remote.peer_info).values
        if peer.session.remote.username:
            found["username"] = peer.session.remote.username
    found["common_name"] = entry.common_name
    found |= _address("untrusted", peer.address)
    if entry.admitted or entry.lease is not None:
        found |= _address("trusted", peer.address)
    found |= _tunnel(entry)
    if entry.session_state:
        found["session_state"] = entry.session_state
    return found


def _address(kind: str, address: Address) -> dict[str, str]:
    host = address.host.removeprefix("::ffff:")
    return {f"{kind}_ip{'6' if ':' in host else ''}": host, f"{kind}_port": str(address.port)}


def _tunnel(entry: ClientEntry) -> dict[str, str]:
    lease = entry.lease
    ipv4 = entry.address or (lease.ipv4 if lease else None)
    ipv6 = entry.ipv6 or (lease.ipv6 if lease else None)
    found = {"ifconfig_pool_remote_ip": str(ipv4)} if ipv4 else {}
    return found | ({"ifconfig_pool_remote_ip6": str(ipv6)} if ipv6 else {})
