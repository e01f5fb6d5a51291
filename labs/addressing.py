"""Which addresses a lab uses, and small sums with them.

Networks that a lab calls the internet are documentation prefixes (RFC 5737): nothing on the real
internet has them, so a capture can never be taken for a real one.
"""

from __future__ import annotations

import ipaddress

# The address plan of the topologies that come with the lab.
CLIENT_LAN = "192.168.50.0/24"
SITE_A = "192.168.51.0/24"
SITE_B = "192.168.52.0/24"
COMMON_LAN = "192.168.0.0/24"  # what many a router gives away when it is new
CARRIER = "100.64.0.0/24"  # between a client's NAT and its provider's (RFC 6598)
CLIENT_PROVIDER = "203.0.113.0/24"
SERVER_PROVIDER = "198.51.100.0/29"
SERVER_PUBLIC = "198.51.100.8/29"  # behind the firewall
SECOND_LINE = "192.0.2.0/29"  # by which the server's public network is reached, too
SERVERS = "10.30.0.0/24"  # behind a balancer
SERVER_LAN = "10.20.0.0/24"
SECOND_TUNNEL = "10.9.0.0/24"  # of a second server
TUNNEL = "10.8.0.0/24"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(text: str) -> Network:
    """Read a prefix; ValueError when it is none, or has bits set behind its length."""
    return ipaddress.ip_network(text)


def host(subnet: str, number: int) -> str:
    """Write the n-th address of a subnet with its prefix length: 192.168.50.10/24.

    The network's own address and its broadcast address are no hosts: ValueError.
    """
    prefix = network(subnet)
    last = prefix.num_addresses - (2 if prefix.version == 4 and prefix.prefixlen < 31 else 1)
    first = 0 if prefix.prefixlen >= prefix.max_prefixlen - 1 else 1
    if not first <= number <= last:
        raise ValueError(f"must be {first}..{last} in {subnet}, not {number}")
    return f"{prefix[number]}/{prefix.prefixlen}"


def plain(address: str) -> str:
    """Drop the prefix length: 192.168.50.10/24 is 192.168.50.10."""
    return address.partition("/")[0]


def with_netmask(prefix: str) -> str:
    """Write an IPv4 prefix as VPN configurations do: 10.20.0.0 255.255.255.0."""
    found = ipaddress.IPv4Network(prefix)
    return f"{found.network_address} {found.netmask}"


def netmask(prefix: str) -> str:
    """The mask of an IPv4 prefix: 255.255.255.0."""
    return str(ipaddress.IPv4Network(prefix).netmask)


def contains(prefix: str, address: str) -> bool:
    """Is the address in the prefix (and of its family)?"""
    found = network(prefix)
    wanted = ipaddress.ip_address(address)
    return found.version == wanted.version and wanted in found
