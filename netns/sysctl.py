"""Kernel settings of one network namespace: /proc/sys, and what every node starts with.

A new namespace copies the ipv4 settings of the host (so with a Docker daemon there it would
forward); what a lab relies on is therefore written, both ways, in each.
"""

from __future__ import annotations

from pathlib import Path

# In every node. Routers get forwarding by name, from the lab.
NODE_SETTINGS = {
    "net.ipv4.ip_forward": "0",
    "net.ipv6.conf.all.forwarding": "0",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv4.conf.all.arp_ignore": "0",
    "net.ipv4.conf.all.arp_announce": "0",
    "net.ipv4.conf.all.log_martians": "0",
    "net.ipv4.conf.default.proxy_arp": "0",
    # IPv6 addresses are usable at once, and nobody configures them but the lab.
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.default.disable_ipv6": "0",
    "net.ipv6.conf.all.accept_dad": "0",
    "net.ipv6.conf.default.accept_dad": "0",
    "net.ipv6.conf.all.accept_ra": "0",
    "net.ipv6.conf.default.accept_ra": "0",
    "net.ipv6.conf.default.router_solicitations": "0",
}

# In the switch: frames pass, nothing there speaks for itself, no firewall looks at them.
SWITCH_SETTINGS = {
    "net.ipv4.ip_forward": "0",
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
    "net.bridge.bridge-nf-call-iptables": "0",
    "net.bridge.bridge-nf-call-ip6tables": "0",
    "net.bridge.bridge-nf-call-arptables": "0",
}


def path_of(name: str) -> Path:
    """Turn net.ipv4.ip_forward into its file; a slash may stand for a dot, as in sysctl(8)."""
    parts = name.split("/") if "/" in name else name.split(".")
    if ".." in parts or parts[0] != "net":
        raise ValueError(f"{name} is not a setting of a network namespace (net....)")
    return Path("/proc/sys", *parts)


def write(name: str, value: str) -> None:
    """Change a setting of the network namespace that this thread is in."""
    path_of(name).write_text(f"{value}\n", encoding="ascii")


def read(name: str) -> str:
    """Read a setting of the network namespace that this thread is in."""
    return path_of(name).read_text(encoding="ascii").strip()


def write_all(settings: dict[str, str]) -> None:
    """Write those of the settings that this kernel has (it may have no IPv6, no bridge filter)."""
    for name, value in settings.items():
        if path_of(name).exists():
            write(name, value)
