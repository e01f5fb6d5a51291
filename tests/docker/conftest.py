"""One engine and one image for all tests of this folder, which run in one worker for that."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.docker import engine


@pytest.fixture(scope="session")
def docker_environment(tmp_path_factory):
    """The environment in which `docker` finds an engine with the image."""
    directory = tmp_path_factory.mktemp("engine")
    with engine.running(directory) as environment:
        began = time.monotonic()
        engine.build_image(environment)
        print(f"image {engine.IMAGE} built in {time.monotonic() - began:.1f} s")
        yield environment


@pytest.fixture(scope="session")
def docker(docker_environment):
    """Run a docker command: docker("ps", "-a") gives what it printed."""

    def run(*words, check=True, timeout=60):
        done = subprocess.run(
            ["docker", *words],
            env=docker_environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    return run
