"""What every test may rely on: needs are stated, a skip says why, and CI lets none pass.

A test says what it needs with a marker (`root`, `netns`, `tun`, `openvpn`, `libfaketime`,
`program("iperf3")`); tests/scenario and tests/interop are marked by their folder. Where a need is
not met the test is skipped with the reason and the fix. With CI=true every skip is a failure: a
machine that tests for others must be able to run it all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")

NEEDS = {"root", "netns", "tun", "openvpn", "libfaketime", "docker", "program"}
FOLDER_MARKERS = {
    "scenario": ("netns",),
    "interop": ("netns", "tun", "openvpn"),
    "docker": ("docker", "tun"),
}


def pytest_configure(config):
    """Give every machine the same environment, and the programs in the sbin directories.

    Debian leaves those out of a user's PATH. PYTHONUNBUFFERED, common in containers, would hide
    what a program does with output that it has not yet written when it ends.
    """
    os.environ.pop("PYTHONUNBUFFERED", None)
    path = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([*path, *(place for place in SBIN if place not in path)])


def pytest_itemcollected(item):
    """Keep what needs an engine in one worker: there is one engine, and one image is built."""
    if TESTS / "docker" in item.path.parents:
        item.add_marker(pytest.mark.xdist_group("docker"))


def pytest_collection_modifyitems(items):
    """Mark by folder; keep tests that share a module's fixture (a lab, say) in one worker."""
    for item in items:
        if TESTS in item.path.parents:
            folder = item.path.relative_to(TESTS).parts[0]
            for name in FOLDER_MARKERS.get(folder, ()):
                item.add_marker(name)
        if _shares_a_fixture(item) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def _shares_a_fixture(item) -> bool:
    definitions = getattr(item, "_fixtureinfo", None)
    if definitions is None:
        return False
    wide = ("class", "module", "package")
    return any(
        fixture.scope in wide and "tests" in fixture.baseid
        for found in definitions.name2fixturedefs.values()
        for fixture in found
    )


# --- needs ------------------------------------------------------------------------------------


def pytest_runtest_setup(item):
    """Skip, with the reason and the fix, a test whose need this machine does not meet."""
    for marker in item.iter_markers():
        if marker.name in NEEDS and (reason := unmet(marker.name, *marker.args)):
            pytest.skip(reason)


@cache
def unmet(need: str, *args: str) -> str | None:
    """Say why this machine cannot meet the need, or None when it can."""
    match need:
        case "root":
            return None if os.geteuid() == 0 else "needs root: run the tests with sudo"
        case "netns":
            return _no_namespaces()
        case "tun":
            return _no_tun()
        case "openvpn":
            return _no_program("openvpn")
        case "docker":
            return _no_engine()
        case "libfaketime":
            return _no_other_clocks()
        case _:
            return _no_program(*args)


def _no_namespaces() -> str | None:
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    probe = subprocess.run(
        ["unshare", *own_user, "--net", "--mount", "--pid", "--fork", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode == 0:
        return None
    return (
        f"needs network namespaces: {probe.stderr.strip()} "
        "(as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0)"
    )


def _no_tun() -> str | None:
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        return f"needs /dev/net/tun: {error.strerror} (as root: chmod 0666 /dev/net/tun)"
    return None


def _no_engine() -> str | None:
    from tests.docker import engine

    if shutil.which("docker") and engine.is_running(os.environ):
        return None
    missing = (unmet("root"), *map(_no_program, ("docker", "dockerd", "mmdebstrap", "slirp4netns")))
    return next(filter(None, missing), None)


def _no_other_clocks() -> str | None:
    from labs import clock

    return None if clock.library() else "needs libfaketime: run scripts/system-packages --tests"


def _no_program(name: str) -> str | None:
    return None if shutil.which(name) else f"needs {name}: run scripts/system-packages"


# --- CI lets no skip pass ---------------------------------------------------------------------


def refuses_skips() -> bool:
    """Is this a run whose skips count as failures?"""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def skip_reason(longrepr) -> str:
    """Read the reason of a skip, whatever form pytest gives it in."""
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skipped test into a failed one under CI=true; an expected failure stays one."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and refuses_skips():
        report.outcome = "failed"
        report.longrepr = f"CI=true, and this test was skipped: {skip_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """The same for a whole file that skips itself (`importorskip`, `allow_module_level`)."""
    report = yield
    if report.outcome == "skipped" and refuses_skips():
        report.outcome = "failed"
        report.longrepr = f"CI=true, and this file was skipped: {skip_reason(report.longrepr)}"
    return report


# --- what was measured ------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter):
    """Print what tests have recorded as measured, whichever worker they ran in."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, ())]
    found = [
        text
        for report in reports
        for name, text in getattr(report, "user_properties", ())
        if name == "measured" and report.when == "teardown"
    ]
    if found:
        terminalreporter.section("measured")
        terminalreporter.write("".join(f"{text}\n" for text in dict.fromkeys(found)))
