"""One client's own directives over the server's."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from vpn.config.client_config import merge_client
from vpn.config.options import Options, ServerOptions

SERVER = Options(
    server=ServerOptions(push=("route 10.20.0.0 255.255.0.0", "route-gateway x", "ping 10"))
)


def merged(*lines: str) -> Options:
    return merge_client(SERVER, lines)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), SERVER.server.push),
        (("push-reset",), ()),
        (("push-reset", 'push "ping 5"'), ("ping 5",)),
        (('push "ping 5"', "push-reset"), ()),
        (("push-remove route",), ("ping 10",)),
        (("push-remove ifconfig",), SERVER.server.push),
        (('push-remove "ping 10"', 'push "ping 7"'), (*SERVER.server.push[:2], "ping 7")),
        (("push-remove pong",), SERVER.server.push),
    ],
)
def test_what_is_pushed_to_one_client(lines, expected):
    assert merged(*lines).server.push == expected


def test_addresses_and_networks_of_one_client():
    own = merged(
        "ifconfig-push 10.8.0.9 255.255.255.0",
        "ifconfig-ipv6-push 2001:db8::9/64",
        "iroute 192.168.7.0 255.255.255.0",
        "iroute 192.168.8.8",
        "iroute-ipv6 2001:db8:7::/48",
        "disable",
    ).per_client
    assert own.ifconfig == ("10.8.0.9", "255.255.255.0")
    assert own.ifconfig_ipv6 == ("2001:db8::9/64", None)
    assert own.iroutes == (ip_network("192.168.7.0/24"), ip_network("192.168.8.8/32"))
    assert own.iroutes_ipv6 == (ip_network("2001:db8:7::/48"),)
    assert own.disable


def test_other_options_of_one_client():
    options = merged("ping 3", "data-ciphers AES-128-GCM", "max-routes-per-client 4")
    assert options.link.ping == 3
    assert options.data.data_ciphers == ("AES-128-GCM",)
    assert options.access.max_routes == 4


@pytest.mark.parametrize("line", ["dev tap", "iroute x", "push", 'push "open', "nonsense"])
def test_what_does_not_fit_is_logged_and_the_rest_counts(line, caplog):
    assert merged(line, "disable").per_client.disable
    assert "Options error: " in caplog.text
