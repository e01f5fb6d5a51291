"""`--set`, and what is kept of it."""

from __future__ import annotations

import pytest

from labs.errors import LabError
from labs.settings import Setting, Settings
from labs.topologies import find


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("proto=tcp", Setting("proto", "tcp")),
        ("tls-auth", Setting("tls-auth")),
        ("client:verb=4", Setting("verb", "4", "client")),
        ("server:-keepalive", Setting("keepalive", "", "server", is_removal=True)),
        ("push=route 10.0.0.0 255.0.0.0", Setting("push", "route 10.0.0.0 255.0.0.0")),
        ("setenv=a b=c", Setting("setenv", "a b=c")),
        ("setenv=a b:c", Setting("setenv", "a b:c")),
        ("laptop-2:verb=4", Setting("verb", "4", "laptop-2")),
        ("laptop:-verb", Setting("verb", "", "laptop", is_removal=True)),
    ],
)
def test_setting_is_read_and_written(text, setting):
    assert Setting.parse(text) == setting
    assert str(setting) == text


@pytest.mark.parametrize(
    "text", ["", "=1", "proto =tcp", "a b:verb=4", ":verb=4", "-verb=4", "a=b\nc"]
)
def test_setting_that_is_none_is_refused(text):
    with pytest.raises(LabError, match=r"write .*directive"):
        Setting.parse(text)


def test_settings_are_kept_as_plain_values():
    settings = Settings.of("openvpn", "ours", ["proto=tcp", "-keepalive"])
    assert Settings.of(**settings.as_dict()) == settings


def test_unknown_program_is_refused():
    with pytest.raises(LabError, match=r'--server "theirs" \(one of ours, openvpn\)'):
        Settings.of("ours", "theirs")


def test_last_setting_for_an_end_counts():
    settings = Settings.of(sets=["proto=tcp", "client:proto=udp", "verb=4"])
    assert settings.value("proto", "client") == "udp"
    assert settings.value("proto", "server") == "tcp"
    assert settings.value("dev", "server", "tun") == "tun"


def test_port_moves_the_opening_of_the_firewall_too():
    topology = Settings.of(sets=["port=443"]).fitted(find("three-lans"))
    firewall = topology.node("firewall").firewall
    assert topology.vpn.port == 443
    assert firewall is not None
    assert {one.port for one in firewall.open} == {443}


def test_port_of_one_end_leaves_the_topology_alone():
    topology = find("three-lans")
    assert Settings.of(sets=["client:port=443"]).fitted(topology) == topology


def test_port_out_of_range_is_refused():
    with pytest.raises(LabError, match=r"port must be 1\.\.65535"):
        Settings.of(sets=["port=99999"]).fitted(find("three-lans"))


def test_setting_for_a_node_is_for_that_one_only():
    settings = Settings.of(sets=["verb=4", "one:verb=5", "client:mute=1"])
    assert settings.value("verb", "client", node="one") == "5"
    assert settings.value("verb", "client", node="two") == "4"
    assert settings.value("verb", "client") == "4"
    assert settings.value("mute", "client", node="two") == "1"


def test_end_that_is_none_is_refused_with_those_there_are():
    topology = find("three-lans")
    assert Settings.of(sets=["client:verb=4", "server:verb=4"]).fitted(topology) == topology
    with pytest.raises(LabError, match=r'laptop:verb=4: no end "laptop" \(one of client, server\)'):
        Settings.of(sets=["laptop:verb=4"]).fitted(topology)


def test_clocks_are_kept_too():
    settings = Settings.of(speed=30, clocks=["client=+400d", "-1h"])
    assert Settings.of(**settings.as_dict()) == settings
    assert str(settings).endswith(" --speed 30 --clock client=+400d --clock -1h")
    assert not settings.has_real_clocks
    assert Settings().has_real_clocks
    assert str(Settings()) == "--client ours --server ours"


def test_last_shift_of_a_clock_counts():
    settings = Settings.of(clocks=["+1h", "client=+400d", "client-b=-5"])
    assert settings.shift("server", "server") == 3600
    assert settings.shift("client", "client-a") == 400 * 86_400
    assert settings.shift("client", "client-b") == -5
    assert Settings().shift("client", "client-a") == 0


def test_clock_of_no_end_is_refused():
    with pytest.raises(LabError, match=r'--clock router=\+1d: no end "router" \(one of client, '):
        Settings.of(clocks=["router=+1d"]).fitted(find("three-lans"))


def test_every_one_of_several_servers_may_be_meant():
    topology = find("two-servers")
    assert Settings.of(sets=["server-b:verb=4"]).fitted(topology) == topology
