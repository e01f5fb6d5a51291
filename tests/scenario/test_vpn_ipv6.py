"""The tunnel's datagrams over IPv6.

near 2001:db8::1 ===(udp6, tcp6)=== 2001:db8::2 far -- files
"""

from __future__ import annotations

import pytest

from tests.interop.exercise import (
    client_notices_that_the_server_leaves,
    server_notices_that_the_client_leaves,
)
from tests.scenario.vpn_site import FILES, PAIRS, pings

pytestmark = pytest.mark.tun

REMOTE = ("client:-remote", "client:remote=2001:db8::2 1194")
NAMES = {"udp6": "UDPv6 link remote: [AF_INET6]", "tcp6": "TCPv6_CLIENT link remote: [AF_INET6]"}
PROTOS6 = pytest.mark.parametrize("proto", ["udp6", "tcp6"])


@pytest.mark.shows("proto")
@PAIRS
@PROTOS6
def test_tunnel_stands_over_ipv6_and_ends_well(tunnel, pair, proto):
    lab = tunnel(*pair, f"proto={proto}", *REMOTE)
    assert f"{NAMES[proto]}2001:db8::2:1194" in lab.client.log_text()
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], lab.tunnel_address("near"))
    server_notices_that_the_client_leaves(lab)
    lab.client.start()
    lab.client.wait_up(20)
    client_notices_that_the_server_leaves(lab)


@PROTOS6
def test_server_on_ipv6_takes_clients_of_both_families(tunnel, proto):
    client_proto = proto.removesuffix("6")
    lab = tunnel("ours", "ours", f"server:proto={proto}", f"client:proto={client_proto}")
    assert "192.0.2.1" in lab.server.log_text()
    assert pings(lab["near"], FILES)


@PROTOS6
def test_name_of_both_families_is_reached_by_the_one_that_is_asked_for(tunnel, site, proto):
    site.node("near").add_hosts({"vpn.example": "192.0.2.2"})
    site.node("near").add_hosts({"vpn.example": "2001:db8::2"})
    named = ("client:-remote", "client:remote=vpn.example 1194")
    lab = tunnel("ours", "ours", f"proto={proto}", *named)
    assert f"{NAMES[proto]}2001:db8::2:1194" in lab.client.log_text()
    assert pings(lab["near"], FILES)
