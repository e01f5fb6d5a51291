"""The wheel in an empty environment and an empty directory: its programs, and its pytest plugin."""

from __future__ import annotations

import json
import os
import re

import pytest
import yaml

from netns import Sandbox
from tests.scenario import installed
from tests.scenario.installed import ROOT, Project

pytestmark = pytest.mark.tun

LACKING = (
    "the libraries of the labs are not installed: "
    "click, rich, scapy, pyftpdlib, dnslib, docker (pip install 'vpnlab[lab]')"
)
IMPORT_ALL = """
import importlib, pkgutil, vpn
for module in pkgutil.walk_packages(vpn.__path__, "vpn."):
    importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return installed.build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def project(wheel, tmp_path_factory):
    """Has installed `vpnlab[lab]` and `pytest`."""
    return Project(wheel, tmp_path_factory.mktemp("project"), "lab", "pytest")


@pytest.fixture(scope="module")
def bare(wheel, tmp_path_factory):
    """Has installed `vpnlab` and `pytest`."""
    return Project(wheel, tmp_path_factory.mktemp("bare"), "", "pytest")


def test_what_is_no_python_is_there_too(project):
    shipped = [path for path in (ROOT / "share").rglob("*") if path.is_file()]
    assert {"vpn.8", "lab.1", "_lab", "vpn.fish", "vpn-pki"} <= {path.name for path in shipped}
    for path in shipped:
        there = project.environment / path.relative_to(ROOT)
        assert there.read_text() == path.read_text()
    units = project.environment / "lib" / "systemd" / "system"
    assert len(list(units.glob("vpn-*@.service"))) == 2
    (site,) = project.environment.glob("lib/python*/site-packages")
    for package in ("vpn", "netns", "labs"):
        assert (site / package / "py.typed").is_file()
    assert len(list(site.glob("vpnlab-*.dist-info/licenses/LICENSE"))) == 1


# --- the programs -----------------------------------------------------------------------------


def test_without_the_extra_there_is_the_vpn(bare):
    assert bare.run("vpn", "--version")[1].startswith("vpnlab ")
    assert bare.run("vpn", "--genkey", "secret", "ta.key") == (0, "")
    assert bare.run("vpn-pki", "init")[0] == 0
    assert bare.run("python", "-c", IMPORT_ALL) == (0, "")
    assert bare.run("lab", "up") == (1, f"lab: {LACKING}\n")


def test_a_lab_from_up_to_down(project):
    name = f"packages-{os.getpid()}"
    try:
        code, said = project.run("lab", "up", "--name", name)
        assert (code, "64 bytes from 10.20.0.10" in said) == (0, True), said
        code, said = project.run("lab", "exec", "-n", name, "client", "ping", "-c1", "10.20.0.10")
        assert (code, "ttl=63" in said) == (0, True), said
    finally:
        code, said = project.run("lab", "down", "--name", name)
    assert (code, said) == (0, f"lab {name} is down\n")


def test_a_scenario_that_reads_a_shipped_file(project):
    code, said = project.run("lab", "scenario", "run", "start-at-boot")
    assert (code, "READY=1" in said) == (0, True), said


def test_the_action_brings_a_lab_up(project):
    *_, doctor, up = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    python = project.environment / "bin" / "python"
    name, outputs = f"action-{os.getpid()}", project.directory / "outputs"
    given = {
        "GITHUB_OUTPUT": str(outputs), "PYTHON": str(python), "NAME": name, "CLIENT": "ours",
        "SERVER": "ours", "TOPOLOGY": "three-lans", "DIRECTIVES": "proto=tcp\nclient:verb=4\n",
    }  # fmt: skip
    assert given.keys() - {"GITHUB_OUTPUT"} == up["env"].keys()
    try:
        code, said = project.shell(f"{doctor['run']}\n{up['run']}", given)
        assert (code, "ok\ttun device" in said, "tcp/1194" in said) == (0, True, True), said
    finally:
        assert project.run("lab", "down", "--name", name) == (0, f"lab {name} is down\n")
    told = dict(line.split("=", 1) for line in outputs.read_text("utf-8").splitlines())
    assert told["name"] == name
    assert json.loads(told["status"])["settings"]["sets"] == ["proto=tcp", "client:verb=4"]


# --- the pytest plugin, labs.pytest_plugin ----------------------------------------------------


def test_the_example_of_the_documentation(project):
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "pytest.md").read_text("utf-8"), re.DOTALL
    )
    code, said = project.pytest(example, "--strict-markers", "--lab-pcap", "captures")
    assert code == 0, said
    assert [one for one in Sandbox.list() if one.startswith("test-files")] == []
    assert len(list((project.directory / "captures").glob("test-files-*.pcapng"))) == 1


def test_what_runs_is_what_was_installed(project):
    code, said = project.pytest("import labs\ndef test_it():\n    assert 'venv' in labs.__file__\n")
    assert code == 0, said


def test_a_lab_is_kept_for_a_look(project):
    kept = "def test_kept(lab):\n    assert lab.status().is_up\n"
    code, said = project.pytest(kept, "--lab-keep", "-s")
    assert code == 0, said
    name = re.search(r"lab (test-kept-\d+) is still up", said)[1]
    sandbox = Sandbox.open(name)
    try:
        assert "server" in sandbox.nodes()
    finally:
        sandbox.destroy()


def test_a_topology_that_is_not_there_is_one_line(project):
    text = "import pytest\n@pytest.mark.topology('nix')\ndef test_it(lab):\n    pass\n"
    code, said = project.pytest(text)
    assert code == 1
    assert 'no lab: no topology "nix"' in said


def test_the_options_are_in_the_help(project):
    _code, said = project.pytest("", "--help")
    assert "--lab-keep" in said
    assert "--lab-pcap" in said


def test_without_the_extra_other_tests_run(bare):
    text = "def test_other(): pass\ndef test_it(lab): pass\n"
    code, said = bare.pytest(text, "-W", "error")
    assert (code, "1 passed, 1 error" in said) == (1, True), said
    assert f"no lab: {LACKING}" in said
