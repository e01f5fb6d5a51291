"""The pytest plugin: a lab for each test that asks for one.

    @pytest.mark.topology("two-clients", "proto=tcp", server="openvpn")
    def test_it(lab):
        assert lab["client"].run(["ping", "-c1", "files"]).returncode == 0

`lab` is a labs.lab.Lab whose tunnel is up; it is gone after the test. The marker takes a topology
(a name, or the path of a .toml file), directives as `--set` has them, and the keywords of
`Settings.of`. Options: --backend docker, --lab-keep, --lab-pcap DIR.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from labs.lab import Lab

MARKER = (
    "topology(name, *sets, client='ours', server='ours'): "
    "what the `lab` fixture brings up, and the directives to --set"
)

NAME_SIZE = 20  # with the process's number behind it a name has room in a host name


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of vpnlab."""
    group = parser.getgroup("vpnlab", "labs: networks with a VPN between them")
    group.addoption(
        "--backend", choices=("netns", "docker"), default="netns",
        help="what each lab is made of: namespaces of this kernel, or containers",
    )  # fmt: skip
    group.addoption(
        "--lab-keep",
        action="store_true",
        help="leave the lab of each test up, for a look; `lab down --all` ends them",
    )
    group.addoption(
        "--lab-pcap", metavar="DIR", type=Path, help="record every cable of each lab in DIR"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab whose tunnel is up: lab["client"].run(...), .sr1(packet); lab.server.log_text()."""
    from labs import extra
    from labs.errors import LabError

    try:
        extra.require()
    except LabError as error:
        pytest.fail(f"no lab: {error}", pytrace=False)
    from labs import build, topologies
    from labs.bringup import new_lab
    from labs.settings import Settings

    marker = request.node.get_closest_marker("topology")
    plan, *sets = marker.args if marker and marker.args else (topologies.DEFAULT,)
    name = f"{_plain(request.node.name)}-{os.getpid()}"
    try:
        settings = Settings.of(sets=sets, **(marker.kwargs if marker else {}))
        topology = settings.fitted(topologies.find(plan))
        backend = request.config.getoption("--backend")
        running = new_lab(name, topology, settings, backend=backend)
    except (LabError, build.NetnsError) as error:
        pytest.fail(f"no lab: {error}", pytrace=False)
    with ExitStack() as stack:
        stack.callback(_end, running, request.config)
        if directory := request.config.getoption("--lab-pcap"):
            directory.mkdir(parents=True, exist_ok=True)
            stack.enter_context(running.sandbox.capture(directory / f"{name}.pcapng"))
        yield running


def _plain(name: str) -> str:
    """A test's name as that of a lab."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:NAME_SIZE]


def _end(running: Lab, config: pytest.Config) -> None:
    if config.getoption("--lab-keep"):
        print(f"lab {running.name} is still up: lab status --name {running.name}")
    else:
        running.down()
