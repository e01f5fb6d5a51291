"""What follows from other options."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import client
from vpn.config.complete import DEFAULT_PORT, PULL_PING_RESTART
from vpn.config.options import DevType


def test_the_defaults_of_the_reference():
    link = client().link
    assert (link.rport, link.ping_restart) == (DEFAULT_PORT, PULL_PING_RESTART) == (1194, 120)


def test_device_types():
    assert client("dev tap7").tun.dev_type is DevType.TAP
    assert client("dev vpn0\ndev-type tun").tun.dev_type is DevType.TUN
    assert client("dev null").tun.dev_type is DevType.NULL


def test_a_client_binds_only_where_it_is_told_to():
    assert client().link.lport is None
    assert client("nobind").link.lport is None
    assert client("lport 0").link.nobind
    assert client("proto tcp").link.nobind
    assert client("proto tcp\nlport 4000").link.lport == 4000
    for line in ("bind", "port 1194", "local 192.0.2.1"):
        assert client(line).link.lport == 1194


def test_mssfix_follows_an_unusual_mtu():
    assert (client().link.mssfix, client().link.mssfix_mode) == (1492, "mtu")
    small = client("tun-mtu 1400").link
    assert (small.mssfix, small.mssfix_mode) == (1400, "fixed")
    assert client("mssfix 0").link.mssfix is None
    said = client("mssfix 1300").link
    assert (said.mssfix, said.mssfix_mode) == (1300, None)
    assert client("mssfix 1300 mtu").link.mssfix_mode == "mtu"


def test_mssfix_follows_fragment():
    assert (client("fragment 1300").link.mssfix, client("fragment 1300").link.mssfix_mode) == (
        1300,
        None,
    )
    said = client("mssfix\nfragment 1300 mtu").link
    assert (said.mssfix, said.mssfix_mode) == (1300, "mtu")
    assert client("fragment 1300\nmssfix 1200").link.mssfix == 1200


def test_ping_restart_of_its_own_stays():
    assert client("ping-restart 0").link.ping_restart == 0
    assert client("ping-exit 30").link.ping_restart == 0
    assert client("proto tcp").link.ping_restart == 0


@pytest.mark.shows("proto-force")
def test_proto_force_leaves_the_others_out():
    options = client("remote b 443 tcp\nproto-force tcp")
    assert [one.host for one in options.link.connections] == ["b"]
