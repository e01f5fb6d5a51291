"""The configuration files: the base, and what each `--set` makes of both ends."""

from __future__ import annotations

import pytest

from labs import vpn_config
from labs.settings import Settings
from labs.topologies import find

TOPOLOGY = find("three-lans")


def both(*sets):
    settings = Settings.of(sets=sets)
    topology = settings.fitted(TOPOLOGY)
    return tuple(
        vpn_config.text(topology, settings, end, end).splitlines() for end in ("client", "server")
    )


def test_base_needs_nothing_set():
    client, server = both()
    assert {"client", "dev tun", "proto udp", "remote 198.51.100.10 1194"} <= set(client)
    assert {"port 1194", "dev tun", "proto udp", "server 10.8.0.0 255.255.255.0"} <= set(server)
    assert 'push "route 10.20.0.0 255.255.255.0"' in server


@pytest.mark.parametrize(
    ("setting", "client", "server"),
    [
        ("proto=tcp", "proto tcp-client", "proto tcp-server"),
        ("proto=tcp4", "proto tcp4-client", "proto tcp4-server"),
        ("proto=udp4", "proto udp4", "proto udp4"),
        ("dev=tap", "dev tap", "dev tap"),
        ("tls-auth", "tls-auth ta.key 1", "tls-auth ta.key 0"),
        ("tls-crypt", "tls-crypt tls-crypt.key", "tls-crypt tls-crypt.key"),
        ("cipher=AES-128-GCM", "data-ciphers AES-128-GCM", "data-ciphers AES-128-GCM"),
        ("tls-version-max=1.2", "tls-version-max 1.2", "tls-version-max 1.2"),
        ("port=443", "remote 198.51.100.10 443", "port 443"),
        ("verb=4", "verb 4", "verb 4"),
        ("keepalive=1 5", None, "keepalive 1 5"),
        ("max-clients=3", None, "max-clients 3"),
        ("push=route 10.9.0.0 255.255.0.0", None, 'push "route 10.9.0.0 255.255.0.0"'),
        ("connect-retry=2", "connect-retry 2", None),
        ("client:keepalive=1 5", "keepalive 1 5", None),
        ("server:verb=5", None, "verb 5"),
        ("client:port=443", "port 443", None),
    ],
)
def test_setting_reaches_the_ends_that_it_is_for(setting, client, server):
    plain = both()
    for text, wanted, before in zip(both(setting), (client, server), plain, strict=True):
        if wanted is None:
            assert text == before
        else:
            assert text.count(wanted) == 1
            directive = wanted.split()[0]
            if directive != "push":
                assert sum(line.split()[0] == directive for line in text) == 1


def test_tcp_has_no_exit_notification():
    for text in both("proto=tcp"):
        assert not any(line.startswith("explicit-exit-notify") for line in text)


def test_pushes_add_up():
    _client, server = both("push=route 10.9.0.0 255.255.0.0")
    assert sum(line.startswith("push ") for line in server) == 2


def test_removal_takes_a_line_of_the_base_away():
    client, server = both("-explicit-exit-notify", "server:-dh")
    assert not any("exit-notify" in line for line in client + server)
    assert "dh none" not in server


def test_last_setting_wins():
    client, _server = both("verb=4", "verb=6")
    assert [line for line in client if line.startswith("verb")] == ["verb 6"]


def test_setting_for_a_node_reaches_its_file_only():
    settings = Settings.of(sets=["client-b:verb=7"])
    texts = {
        name: vpn_config.text(TOPOLOGY, settings, "client", name)
        for name in ("client-a", "client-b")
    }
    assert "verb 7" in texts["client-b"]
    assert "verb 7" not in texts["client-a"]


def test_networks_behind_a_client_are_routed_to_it():
    topology = find("site-to-site")
    server = vpn_config.text(topology, Settings.of(), "server", "server").splitlines()
    assert {"route 192.168.50.0 255.255.255.0", "client-config-dir ccd"} <= set(server)
    assert vpn_config.files_for_clients(topology) == {
        "client": "iroute 192.168.50.0 255.255.255.0\n"
    }
    assert not any(line.startswith("client-config-dir") for line in both()[1])


def test_bridged_server_gives_addresses_of_its_own_network():
    topology = find("bridged")
    server = vpn_config.text(topology, Settings.of(), "server", "server").splitlines()
    client = vpn_config.text(topology, Settings.of(), "client", "client").splitlines()
    assert "dev tap" in client
    assert "dev tap0" in server
    assert "server-bridge 10.20.0.1 255.255.255.0 10.20.0.100 10.20.0.150" in server
    assert not {"topology subnet", "server 10.8.0.0 255.255.255.0"} & set(server)


def test_each_of_several_servers_has_a_network_of_its_own():
    topology = find("two-servers")
    texts = [
        vpn_config.text(topology, Settings.of(), "server", name) for name in topology.vpn.servers
    ]
    assert "server 10.8.0.0 255.255.255.0\n" in texts[0]
    assert "server 10.9.0.0 255.255.255.0\n" in texts[1]
    assert "cert server-b.crt\n" in texts[1]
