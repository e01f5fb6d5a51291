"""Every scenario, played by every pair of programs that can play it."""

import os

import pytest

from labs import scenarios
from labs.errors import BackendError
from labs.playing import play

PLAYS = [(one, pair) for one in scenarios.everything().values() for pair in one.pairs]


@pytest.mark.tun
@pytest.mark.openvpn
@pytest.mark.libfaketime
@pytest.mark.parametrize(
    ("scenario", "pair"),
    [
        pytest.param(
            one, pair,
            id=f"{one.name}-{'/'.join(pair)}",
            marks=[pytest.mark.program(name) for name in one.needs],
        )
        for one, pair in PLAYS
    ],
)  # fmt: skip
def test_a_story_goes_as_it_is_told(scenario, pair, request):
    backend = request.config.getoption("--backend")
    try:
        play(scenario, pair, f"story-{os.getpid()}", tell=print, backend=backend)
    except BackendError as refusal:
        pytest.skip(str(refusal))
