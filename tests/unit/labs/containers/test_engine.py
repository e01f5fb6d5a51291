"""What is said when there is no engine, no client program, no image."""

from __future__ import annotations

import gc
import warnings

import pytest

from labs.containers import engine
from labs.errors import LabError


def test_an_engine_that_does_not_answer_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(LabError) as refused, engine.connected():
        pass
    assert str(refused.value).splitlines() == [str(refused.value)]
    assert "the Docker engine: does not answer" in str(refused.value)
    assert "DOCKER_HOST" in str(refused.value)
    with warnings.catch_warnings():  # the library forgets a socket when nobody answers
        warnings.simplefilter("ignore", ResourceWarning)
        del refused
        gc.collect()


def test_without_the_client_program_the_other_backend_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabError, match="--backend netns"):
        engine.program()


def test_the_image_can_be_another_one(monkeypatch):
    monkeypatch.delenv("VPNLAB_IMAGE", raising=False)
    assert engine.image() == "vpnlab"
    monkeypatch.setenv("VPNLAB_IMAGE", "mine:1")
    assert engine.image() == "mine:1"
