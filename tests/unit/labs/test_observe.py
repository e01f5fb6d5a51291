"""What is read from the kernel's list of addresses."""

from __future__ import annotations

import json
from types import SimpleNamespace

from labs import observe

SAID = [
    {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "prefixlen": 8, "scope": "host"}]},
    {},
    {
        "ifname": "eth0",
        "addr_info": [
            {"local": "192.168.50.10", "prefixlen": 24, "scope": "global"},
            {"local": "fe80::1", "prefixlen": 64, "scope": "link"},
        ],
    },
    {"ifname": "tun0", "addr_info": [{"local": "10.8.0.2", "prefixlen": 24, "scope": "global"}]},
    {"ifname": "tap0", "addr_info": []},
]


class Said:
    """A node that says this, whatever it is asked."""

    def run(self, _argv):
        return SimpleNamespace(stdout=json.dumps(SAID))


def test_loopback_and_link_local_addresses_are_left_out():
    assert observe.addresses(Said()) == {
        "eth0": ["192.168.50.10/24"], "tun0": ["10.8.0.2/24"], "tap0": [],
    }  # fmt: skip
    assert observe.all_addresses({"client": Said()})["client"]["tap0"] == []


def test_tunnel_links_are_those_that_are_no_cables():
    assert set(observe.tunnel_links(observe.addresses(Said()))) == {"tun0", "tap0"}
