"""One engine and one image for all tests of this folder, which run in one worker for that."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.docker import engine


@pytest.fixture(scope="session")
def docker_environment(tmp_path_factory):
    """The environment in which `docker` finds an engine with the image."""
    with engine.running(tmp_path_factory.mktemp("engine")) as environment:
        began = time.monotonic()
        engine.build_image(environment)
        engine.MEASURED["image built"] = f"{time.monotonic() - began:.1f} s"
        yield environment


@pytest.fixture(autouse=True)
def measured(record_property):
    """What these tests measure stands in the summary of the run."""
    yield engine.MEASURED
    for what, value in engine.MEASURED.items():
        record_property("measured", f"docker: {what}: {value}")
    engine.MEASURED.clear()


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
