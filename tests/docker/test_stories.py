"""The core of the scenario suite, played in containers: the same code on another backend."""

from __future__ import annotations

import os

import pytest

from labs import scenarios
from labs.playing import play
from labs.scenario import OURS
from tests.docker import engine

# Some of each chapter, those that are played in the shortest time.
CORE = (
    "tun-over-udp",
    "forwarded-port", "double-nat", "rebinding",
    "bad-directive", "expired-certificate", "key-mismatch",
    "pushed-route", "topology-subnet", "topology-p2p", "topology-net30", "fixed-address",
    "client-moves",
    "injected-reset", "forged-inner-address",
    "chosen-algorithms", "first-configuration", "first-connection", "no-client-certificate",
    "one-file", "bridged-lan", "start-at-boot", "static-challenge", "dynamic-challenge",
    "name-servers",
)  # fmt: skip


@pytest.fixture
def here(docker_environment, monkeypatch):
    """Have labs use the tests' engine and image."""
    monkeypatch.setenv("DOCKER_HOST", docker_environment.get("DOCKER_HOST", ""))
    monkeypatch.setenv("VPNLAB_IMAGE", engine.IMAGE)


@pytest.mark.parametrize("name", CORE)
def test_a_story_goes_in_containers_as_it_is_told(name, here):
    seconds = play(scenarios.find(name), OURS, f"story-{os.getpid()}", tell=print, backend="docker")
    print(f"played in {seconds:.1f} s")


def test_at_least_25_stories_are_played():
    assert len(set(CORE)) >= 25
