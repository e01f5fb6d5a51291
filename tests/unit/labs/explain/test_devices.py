"""Kinds of tunnel links at the two ends."""

from __future__ import annotations

import json
from types import SimpleNamespace

from labs.explain.devices import different


def end(name, kind, log=""):
    links = [{"ifname": "eth0", "linkinfo": {"info_kind": "veth"}}, {"ifname": "lo"}]
    if kind:
        about = {"info_kind": "tun", "info_data": {"type": kind}}
        links.append({"ifname": f"{kind}0", "linkinfo": about})
    said = SimpleNamespace(stdout=json.dumps(links))
    node = SimpleNamespace(run=lambda argv: said)
    return SimpleNamespace(
        name=name, program="openvpn", process=None, node=node, log_text=lambda: log
    )


def test_a_tun_here_and_a_tap_there():
    line = "client/203.0.113.2:34486 IP packet with unknown IP version=3 seen"
    found = different(end("server", "tun", f"before\n{line}\nafter"), end("client", "tap"))
    assert found.cause == "wrong-dev"
    assert found.fix == "write dev tun in the configuration of client"
    assert found.evidence == (
        "client: tap0 is a tap",
        "server: tun0 is a tun",
        f"server says: {line}",
    )


def test_two_of_a_kind_or_none():
    assert different(end("server", "tap"), end("client", "tap")) is None
    assert different(end("server", "tun"), end("client", "")) is None
