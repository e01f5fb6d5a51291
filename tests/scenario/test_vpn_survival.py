"""What a client survives, with quick timers; tests/perf/survival.py has the real ones.

near ===(tun)=== far      third (another server)
"""

from __future__ import annotations

import pytest

from tests.perf.survival import STORIES, Pace, seconds_away

pytestmark = [pytest.mark.tun, pytest.mark.slow]

QUICK = Pace(keepalive="1 3", cut=5.0, suspension=7.0)
AWAY = 25.0  # seconds at most; the ping-restart of 3 s and a handshake are in them


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("client", ["ours", pytest.param("openvpn", marks=pytest.mark.openvpn)])
def test_client_is_back_by_itself(site, story, client):
    sets = ("client:connect-timeout=3", "client:connect-retry=1")
    assert seconds_away(site, STORIES[story], client, QUICK, *sets) < AWAY
