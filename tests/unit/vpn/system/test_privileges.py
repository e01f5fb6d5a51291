"""Giving up root, in a child process."""

from __future__ import annotations

import os

import pytest

from tests.unit.vpn.system.private_network import in_private_network, ip
from vpn.config.options import Connection, ProcessOptions, Proto, Topology, TunOptions
from vpn.errors import SystemFailure
from vpn.system import privileges
from vpn.system.device import Device
from vpn.system.resolve import look_up

NET_ADMIN = f"{1 << 12:016x}"


def own_status():
    with open("/proc/self/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file)


def test_nothing_is_asked_for_nothing_happens():
    assert privileges.account_for(ProcessOptions()) is None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (ProcessOptions(user="nosuchuser"), "failed to find UID for user nosuchuser"),
        (ProcessOptions(group="nosuchgroup"), "failed to find GID for group nosuchgroup"),
    ],
)
def test_an_unknown_name_is_one_line(options, text):
    with pytest.raises(SystemFailure, match=text):
        privileges.account_for(options)


@pytest.mark.root
@in_private_network
def test_one_capability_is_left_and_the_tunnel_can_still_be_undone():
    device = Device()
    device.open(TunOptions(topology=Topology.SUBNET, ifconfig=("10.8.0.2", "255.255.255.0")), None)
    account = privileges.account_for(ProcessOptions(user="nobody", group="nogroup"))
    assert account is not None
    privileges.drop(account)
    status = own_status()
    assert status["Uid"].split() == [str(account.uid)] * 4
    assert status["Gid"].split() == [str(account.gid)] * 4
    assert status["Groups"].split() == [str(account.gid)]
    assert status["CapEff"] == status["CapPrm"] == NET_ADMIN
    assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
    with pytest.raises(PermissionError):
        os.setuid(0)
    assert look_up(Connection("localhost", 1194, Proto.UDP4)).targets
    device.close()
    assert "tun0" not in ip("link")


@pytest.mark.root
@in_private_network
def test_without_root_it_is_one_line_with_the_fix():
    "".encode("idna")  # an interpreter in root's home is out of reach afterwards
    os.setresuid(1000, 1000, 1000)
    with pytest.raises(SystemFailure, match=r"cannot become nobody: .* start as root"):
        privileges.drop(privileges.Account(65534, 65534, "nobody", "nogroup", None))
