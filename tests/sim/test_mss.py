"""mssfix: segments that would not fit into one datagram are not begun, in either direction."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP

from tests.sim.pair import Pair, client_options, server_options

SYN = bytes(IP(src="10.8.0.2", dst="10.8.0.1") / TCP(flags="S", options=[("MSS", 1460)]))
BACK = bytes(IP(src="10.8.0.1", dst="10.8.0.2") / TCP(flags="SA", options=[("MSS", 1460)]))


def mss_of(packet: bytes) -> int:
    return dict(IP(packet)[TCP].options)["MSS"]


@pytest.mark.shows("mssfix")
@pytest.mark.parametrize(("size", "fits"), [(None, 1460), (1000, 932)])
def test_connections_agree_on_segments_that_fit(size, fits):
    changes = {"link__mssfix": size, "link__mssfix_mode": None}
    pair = Pair(client=client_options(**changes), server=server_options(**changes))
    assert pair.connect(10)
    pair.send_from_client(SYN)
    pair.send_from_server(BACK)
    pair.run_for(1)
    assert [mss_of(packet) for packet in pair.server.packets] == [fits]
    assert [mss_of(packet) for packet in pair.client.packets] == [fits]
