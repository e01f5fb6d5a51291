"""What a server pushes: taken, filtered, refused."""

from __future__ import annotations

import logging

import pytest

from tests.unit.vpn.config.configs import client
from vpn.config.options import Compression, Route, Topology
from vpn.config.parse import merge
from vpn.errors import ConfigError

SEEN = [
    "route 10.99.0.0 255.255.0.0",
    "route-gateway 10.8.0.1",
    "topology subnet",
    "ping 10",
    "ping-restart 60",
    "ifconfig 10.8.0.2 255.255.255.0",
    "peer-id 0",
    "cipher AES-256-GCM",
    "protocol-flags cc-exit tls-ekm",
    "tun-mtu 1500",
]
PUSHABLE = [
    "echo",
    "parameter",
    "lladdr",
    "topology",
    "ifconfig",
    "ifconfig-ipv6",
    "verb",
    "mute",
    "tun-mtu",
    "rcvbuf",
    "sndbuf",
    "socket-flags",
    "bind-dev",
    "shaper",
    "inactive",
    "session-timeout",
    "ping",
    "ping-exit",
    "ping-restart",
    "ping-timer-rem",
    "explicit-exit-notify",
    "persist-tun",
    "persist-key",
    "client-nat",
    "route",
    "route-ipv6",
    "route-gateway",
    "route-metric",
    "route-delay",
    "redirect-gateway",
    "redirect-private",
    "block-ipv6",
    "setenv-safe",
    "push-continuation",
    "dns",
    "dhcp-option",
    "block-outside-dns",
    "register-dns",
    "comp-lzo",
    "compress",
    "cipher",
    "key-derivation",
    "protocol-flags",
    "auth-token",
    "auth-token-user",
    "peer-id",
    "tun-ipv6",
]


def test_a_real_push_is_understood(caplog):
    with caplog.at_level(logging.INFO):
        options = merge(client(), SEEN)
    assert not caplog.records
    assert options.tun.routes == (Route("10.99.0.0", "255.255.0.0"),)
    assert options.tun.route_gateway == "10.8.0.1"
    assert options.tun.topology is Topology.SUBNET
    assert options.tun.ifconfig == ("10.8.0.2", "255.255.255.0")
    assert (options.link.ping, options.link.ping_restart) == (10, 60)
    assert options.push.peer_id == 0
    assert options.push.cipher == "AES-256-GCM"
    assert options.push.protocol_flags == {"cc-exit", "tls-ekm"}


def test_an_older_push_is_understood():
    options = merge(
        client(),
        [
            "redirect-gateway def1 bypass-dhcp",
            "dhcp-option DNS 192.0.2.53",
            "dns server 0 address 192.0.2.53",
            "route 10.8.0.1",
            "topology net30",
            "ifconfig 10.8.0.6 10.8.0.5",
            "ifconfig-ipv6 2001:db8::1000/64 2001:db8::1",
            "route-ipv6 2000::/3",
            "key-derivation tls-ekm",
            "auth-token SESS_ID_x",
            "comp-lzo no",
            "setenv-safe X 1",
            "echo hello world",
        ],
    )
    assert options.tun.redirect_gateway == {"def1", "bypass-dhcp"}
    assert options.tun.dhcp_options == (("DNS", "192.0.2.53"),)
    assert options.tun.dns == (("server", "0", "address", "192.0.2.53"),)
    assert options.tun.ifconfig_ipv6 == ("2001:db8::1000/64", "2001:db8::1")
    assert options.tun.routes_ipv6[0].network == "2000::/3"
    assert options.push.key_derivation == "tls-ekm"
    assert options.push.auth_token == b"SESS_ID_x"
    assert "SESS_ID_x" not in repr(options)
    assert options.data.compression is Compression.LZO_STUB
    assert options.push.environment == (("X", "1"),)
    assert options.push.echo == ("hello world",)


@pytest.mark.shows("allow-compression")
@pytest.mark.parametrize(
    ("own", "framing"),
    [
        ("", Compression.STUB),
        ("comp-lzo no", Compression.STUB),
        ("allow-compression asym", Compression.LZ4),
        ("comp-lzo yes", Compression.LZ4),
    ],
)
def test_pushed_compression_is_its_framing_unless_it_was_asked_for(own, framing, caplog):
    assert merge(client(own), ["compress lz4"]).data.compression is framing
    assert ("pushed compression 'lz4'" in caplog.text) is (framing is Compression.STUB)


@pytest.mark.parametrize("name", PUSHABLE)
def test_everything_that_the_reference_lets_a_server_push_is_known(name, caplog):
    try:
        merge(client(), [f"{name} x"])
    except ConfigError:
        return
    assert not [one for one in caplog.messages if "cannot be used" in one]


def test_pushed_routes_come_after_the_configured():
    options = merge(client("route 10.1.0.0 255.255.0.0"), ["route 10.2.0.0 255.255.0.0"])
    assert [one.network for one in options.tun.routes] == ["10.1.0.0", "10.2.0.0"]


def test_a_second_push_starts_from_the_configuration_again():
    base = client()
    merge(base, ["route 10.2.0.0 255.255.0.0"])
    assert base.tun.routes == ()


def test_what_must_not_be_pushed_is_left_out(caplog):
    options = merge(client(), ["up evil", "ca x", "remote evil", "verb 4"])
    assert options.log.verb == 4
    assert len(options.link.remotes) == 1
    assert caplog.messages == [
        f"Options error: option '{name}' cannot be used in this context ([PUSH-OPTIONS])"
        for name in ("up", "ca", "remote")
    ]


def test_block_outside_dns_is_only_warned_about(caplog):
    merge(client(), ["block-outside-dns", "persist-key"])
    assert "NOT blocked" in caplog.messages[0]


@pytest.mark.parametrize(
    "text", ["route 10.0.0.0 255.0.255.0", "ping x", 'echo "', "topology x", "tun-mtu 20"]
)
def test_a_bad_value_is_left_out(text, caplog):
    options = merge(client(), [text, "verb 4"])
    assert options.log.verb == 4
    assert options.tun == client().tun
    assert caplog.messages[0].startswith("Options error: [PUSH-OPTIONS]: ")


@pytest.mark.parametrize(
    "text",
    ["peer-id 16777216", "cipher FOO", "protocol-flags unheard-of", "key-derivation prf"],
)
def test_a_bad_value_that_decides_about_the_protocol_ends_the_attempt(text):
    with pytest.raises(ConfigError, match=r"^\[PUSH-OPTIONS\]: "):
        merge(client(), [text])


def test_pull_filters_take_the_first_that_fits():
    base = client('pull-filter accept "route 10.1"\npull-filter ignore route')
    options = merge(base, ["route 10.1.0.0 255.255.0.0", "route 10.2.0.0 255.255.0.0"])
    assert [one.network for one in options.tun.routes] == ["10.1.0.0"]
    with pytest.raises(ConfigError, match='pull-filter rejects "ping 1"'):
        merge(client("pull-filter reject ping"), ["ping 1"])


def test_route_nopull_takes_addresses_but_no_routes():
    options = merge(client("route-nopull"), [*SEEN, "redirect-gateway", "dns search-domains a"])
    assert options.tun.ifconfig is not None
    assert options.tun.routes == ()
    assert options.tun.redirect_gateway is None
    assert options.tun.dns == ()


@pytest.mark.shows("tun-mtu-max")
def test_a_pushed_mtu_keeps_to_the_limit(caplog):
    assert merge(client(), ["tun-mtu 1600"]).tun.tun_mtu == 1600
    assert not caplog.messages
    assert merge(client(), ["tun-mtu 9000"]).tun.tun_mtu == 1600
    assert "please add tun-mtu-max 9000 in the client configuration" in caplog.text


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        (["ping-exit 30", "ping-restart 60"], (0, 60)),
        (["ping-restart 60", "ping-exit 30"], (30, 0)),
        (["ping-exit 30", "ping-restart 60", "ping-exit 40"], (40, 0)),
    ],
)
def test_of_two_pushed_timers_the_last_counts(pushed, expected):
    link = merge(client(), pushed).link
    assert (link.ping_exit, link.ping_restart) == expected


def test_of_two_configured_timers_the_last_counts():
    link = client("ping-restart 60\nping-exit 30").link
    assert (link.ping_exit, link.ping_restart) == (30, 0)


def test_a_pushed_ping_exit_takes_the_place_of_ping_restart():
    link = merge(client(), ["ping-exit 30"]).link
    assert (link.ping_exit, link.ping_restart) == (30, 0)


def test_pushed_ipv6_routes_get_the_configured_gateway():
    options = merge(client("route-ipv6-gateway 2001:db8::9"), ["route-ipv6 2000::/3"])
    assert options.tun.routes_ipv6[0].gateway == "2001:db8::9"


def test_an_empty_push_changes_nothing():
    assert merge(client(), []) == client()


@pytest.mark.parametrize("flag", ["aead-epochs", "x"])
def test_a_protocol_that_was_not_announced_ends_the_attempt(flag):
    """Going on without it would lose every packet, the first or after a renegotiation."""
    with pytest.raises(ConfigError, match=f'the flag "{flag}" is not supported'):
        merge(client(), [f"protocol-flags cc-exit {flag}"])
