"""Names of settings, and their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from netns import sysctl


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.5/forwarding", "/proc/sys/net/ipv4/conf/eth0.5/forwarding"),
    ],
)
def test_a_name_becomes_a_file(name, path):
    assert sysctl.path_of(name) == Path(path)


@pytest.mark.parametrize("name", ["kernel.hostname", "net/../kernel/hostname", "vm.swappiness"])
def test_a_setting_of_the_whole_machine_is_refused(name):
    with pytest.raises(ValueError, match="not a setting of a network namespace"):
        sysctl.path_of(name)


def test_what_every_node_starts_with_can_be_set():
    for name in [*sysctl.NODE_SETTINGS, *sysctl.SWITCH_SETTINGS]:
        assert sysctl.path_of(name).is_relative_to("/proc/sys/net")
