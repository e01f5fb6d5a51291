"""Real-world configurations (tests/configs) as far as reading them goes."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.configs import samples
from vpn.config.load import load
from vpn.errors import ConfigError
from vpn.system import prompt

SAMPLES = samples.every()
FINGERPRINT = b":".join([b"5A"] * 32)


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a sample, with made-up contents for the files that it names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(prompt, "has_terminal", lambda: False)
    keys = defaultdict(lambda: b"made up")
    keys |= {"server-fingerprint": FINGERPRINT, "client-fingerprint": FINGERPRINT}

    def load_sample(sample):
        return prompt.complete(load(samples.furnish(sample, tmp_path, keys)))

    return load_sample


def test_there_are_enough():
    assert len(SAMPLES) >= 60
    assert len({sample.kind for sample in SAMPLES}) == len(SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_is_read_or_refused_by_a_sentence(sample, read):
    if sample.refusal is not None:
        with pytest.raises(ConfigError) as caught:
            read(sample)
        assert sample.refusal in str(caught.value)
        assert "\n" not in str(caught.value)
        return
    assert sample.expectation == "connects"
    options = read(sample)
    hosts = [one.args[0] for one in sample.directives if one.name == "remote"]
    assert sorted(one.host for one in options.link.connections) == sorted(hosts)
    assert options.server.mode_server == sample.is_server
