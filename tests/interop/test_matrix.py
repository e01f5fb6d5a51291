"""Every pair of programs over every transport, device and wrapping of the control channel.

Stock against stock is not here: what it can do is what the others are measured by.
"""

from __future__ import annotations

import itertools

import pytest

from tests.interop import exercise

# One after the other: what they count is lost packets, and a busy machine loses some.
pytestmark = pytest.mark.xdist_group("traffic")

PAIRS = (("ours", "ours"), ("ours", "openvpn"), ("openvpn", "ours"))  # client, server
PROTOS = ("udp", "tcp")
DEVICES = ("tun", "tap")
WRAPS = ("none", "tls-auth", "tls-crypt")
VERSIONS = ("1.2", "1.3")
CIPHERS = ("AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305")

# Who renegotiates alternates, so that each pair does it from either end.
INITIATOR = {"none": "client", "tls-auth": "server", "tls-crypt": "client"}
TRANSPORTS = list(itertools.product(PAIRS, PROTOS, DEVICES, WRAPS))
NEGOTIATIONS = list(itertools.product(PAIRS, VERSIONS, CIPHERS))


def name(case) -> str:
    (client, server), *rest = case
    return "-".join([f"{client}/{server}", *rest])


@pytest.mark.parametrize("case", TRANSPORTS, ids=name)
def test_tunnel_works_over(case, tunnel):
    pair, proto, device, wrap = case
    wrapping = () if wrap == "none" else (wrap,)
    sets = (f"proto={proto}", f"dev={device}", *wrapping)
    lab = tunnel(*pair, *sets, *exercise.renegotiating(INITIATOR[wrap]))
    exercise.carries_traffic_through_renegotiations(lab)
    exercise.server_notices_that_the_client_leaves(lab)
    lab.client.start()
    lab.client.wait_up(20)
    exercise.client_notices_that_the_server_leaves(lab)


@pytest.mark.shows("data-ciphers", "tls-version-min", "tls-version-max")
@pytest.mark.parametrize("case", NEGOTIATIONS, ids=name)
def test_tunnel_agrees_on(case, tunnel):
    pair, version, cipher = case
    bound = "tls-version-max=1.2" if version == "1.2" else "tls-version-min=1.3"
    initiator = "server" if cipher == "AES-128-GCM" else "client"
    lab = tunnel(*pair, bound, f"cipher={cipher}", *exercise.renegotiating(initiator))
    for end in lab.ends:
        end.process.wait_log(f"Control Channel: TLSv{version}")
        end.process.wait_log(f"Data Channel: cipher '{cipher}'")
    exercise.carries_traffic_through_renegotiations(lab)
    exercise.server_notices_that_the_client_leaves(lab)
    lab.client.start()
    lab.client.wait_up(20)
    exercise.client_notices_that_the_server_leaves(lab)
