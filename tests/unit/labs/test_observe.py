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


BRIDGED = [
    {"ifname": "eth0", "master": "br0", "addr_info": []},
    {"ifname": "tap0", "master": "br0", "addr_info": []},
    {"ifname": "br0", "addr_info": [{"local": "10.20.0.1", "prefixlen": 24, "scope": "global"}]},
]


class Said:
    """A node that says this, whatever it is asked."""

    def __init__(self, words=SAID):
        self.words = words

    def run(self, _argv):
        return SimpleNamespace(stdout=json.dumps(self.words))


def test_loopback_and_link_local_addresses_are_left_out():
    assert observe.addresses(Said()) == {
        "eth0": ["192.168.50.10/24"], "tun0": ["10.8.0.2/24"], "tap0": [],
    }  # fmt: skip
    assert observe.all_addresses({"client": Said()})["client"]["tap0"] == []


def test_tunnel_links_are_those_that_are_no_cables():
    assert set(observe.tunnel_links(observe.addresses(Said()))) == {"tun0", "tap0"}


def test_address_of_a_bridge_is_that_of_its_ports():
    assert observe.addresses(Said(BRIDGED)) == {"eth0": ["10.20.0.1/24"], "tap0": ["10.20.0.1/24"]}
