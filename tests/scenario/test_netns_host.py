"""The host sees nothing of a lab: links, routes, rules, settings and mounts stay as they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from netns import Firewall, Nat, Sandbox, Verdict
from tests.scenario.netns_networks import behind_a_router, ping

COMMANDS = (
    ["ip", "-d", "link"],
    ["ip", "address"],
    ["ip", "route", "show", "table", "all"],
    ["ip", "-6", "route", "show", "table", "all"],
    ["ip", "rule"],
    ["ip", "netns"],
    ["nft", "list", "ruleset"],
    ["sysctl", "-a", "--pattern", "^net\\."],
)
# What changes by itself: the time left of what a router announced, and how full a table is.
VOLATILE = re.compile(
    r"expires \d+sec|valid_lft \S+|preferred_lft \S+|^.*nf_conntrack_count.*$", re.MULTILINE
)
PLACES = ("/run", "/run/netns", "/var/run/netns")


def host() -> dict[str, str]:
    """Everything of the host that a lab could have changed."""
    found = {}
    for command in COMMANDS:
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found[" ".join(command)] = VOLATILE.sub("", done.stdout)
    for place in PLACES:
        path = Path(place)
        names = sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []
        found[place] = " ".join(name for name in names if name != "vpnlab")
    for file in ("/etc/hosts", "/etc/resolv.conf", "/proc/self/mountinfo"):
        path = Path(file)
        found[file] = path.read_text(encoding="utf-8") if path.exists() else ""
    return found


@pytest.mark.program("ip")
def test_the_host_is_the_same_before_during_and_after_a_lab(tmp_path):
    before = host()
    with Sandbox.create("demo", tmp_path) as sandbox:
        client, router, near, _ = behind_a_router(sandbox)
        router.apply(Nat(inside="eth0", outside="eth1"))
        near.apply(Firewall(output=Verdict.REJECT))
        client.add_route("198.51.100.0/24", via="192.168.50.1")
        client.set_sysctl("net.ipv4.ip_default_ttl", 99)
        client.run(["ip", "tuntap", "add", "tun7", "mode", "tun"], check=False)
        assert ping(client, "192.168.50.1")
        assert host() == before
    assert host() == before
