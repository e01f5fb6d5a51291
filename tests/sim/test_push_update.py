"""A server changes its clients' options while their tunnels stand."""

from __future__ import annotations

import pytest

from tests.sim.pair import Pair
from vpn.events import Restarting, TunnelUp

ROUTES = [f"10.{number}.0.0" for number in range(100, 190)]  # more than one message holds


def updated(text: str) -> Pair:
    pair = Pair()
    assert pair.connect(5)
    assert pair.server.core.push_update(text) == 1
    pair.run_for(2)
    return pair


def test_routes_are_replaced_over_several_messages():
    pair = updated(", ".join(f"route {route} 255.255.0.0" for route in ROUTES))
    before, after = (up.options.tun for up in pair.client.saw(TunnelUp))
    assert [route.network for route in after.routes] == ROUTES
    assert after.ifconfig == before.ifconfig
    assert len(pair.admitted) == 1


def test_what_is_taken_away_is_gone():
    pair = updated("dns search-domains example")
    pair.server.core.push_update("-dns,-?nonsense")
    pair.run_for(2)
    assert [up.options.tun.dns for up in pair.client.saw(TunnelUp)] == [
        (),
        (("search-domains", "example"),),
        (),
    ]


def test_only_the_client_that_is_meant_is_told():
    pair = Pair()
    assert pair.connect(5)
    assert pair.server.core.push_update("-dns", client_id=99) == 0
    assert pair.server.core.push_update("-dns", client_id=pair.admitted[0].client_id) == 1


@pytest.mark.parametrize("text", ["dev tap", "?-dns"])
def test_client_that_can_not_follow_begins_again(text):
    pair = updated(text)
    assert pair.client.saw(Restarting)
    assert pair.connect(30)


@pytest.mark.parametrize("text", ["PUSH_UPDATEerr,-dns", "PUSH_UPDATE ,-dns"])
def test_what_only_looks_like_an_update(text):
    pair = Pair()
    assert pair.connect(5)
    pair.admitted[0].peer.session.send_message(text)
    pair.run_for(2)
    assert len(pair.client.saw(TunnelUp)) == 1
