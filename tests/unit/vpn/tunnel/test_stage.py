"""How far an attempt has come."""

from __future__ import annotations

from tests.sim.network import Conditions
from tests.sim.pair import Pair
from vpn.tunnel.stage import stage_of


def test_an_attempt_goes_through_the_stages():
    pair = Pair(Conditions(latency=0.1))
    seen = [stage_of(pair.client.core.peer)]
    for _ in range(200):
        pair.run_for(0.05)
        stage = stage_of(pair.client.core.peer)
        if stage != seen[-1]:
            seen.append(stage)
    assert [stage for stage in seen if stage] == ["WAIT", "AUTH", "GET_CONFIG"]
