"""Sockets and proxies: what can be said, and what is said about what can't."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import client, server
from vpn.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("local 192.0.2.1 99999", "local: port must be 0..65535"),
        ("local 192.0.2.1 1 sctp", "local: protocol must be udp"),
        ("bind-dev eth0/1", 'bind-dev: "eth0/1" is not the name of an interface'),
        ("mtu-disc sometimes", "mtu-disc: must be no, maybe or yes"),
        ("http-proxy p 0", "http-proxy: port must be 1..65535"),
        ("http-proxy p 80 ntlm", "http-proxy: NTLM is not supported"),
        ("http-proxy-option COLOUR red", "http-proxy-option: must be VERSION, AGENT or CUSTOM-H"),
        ("http-proxy-option VERSION 1 2", "http-proxy-option: VERSION takes one value"),
        ("socks-proxy", "socks-proxy: takes HOST"),
        ("local a\nlocal b", "local: several local addresses are for a server"),
        ("http-proxy p 80", "http-proxy: works with TCP only"),
        ("http-proxy p 80\nproto tcp\nsocks-proxy p", "http-proxy: can't stand beside socks-proxy"),
        ("http-proxy-option AGENT x", "http-proxy-option: needs http-proxy"),
        ("port-share 127.0.0.1 80", "port-share: needs a TCP server"),
    ],
)
def test_a_client_that_can_not_be(line, problem):
    with pytest.raises(ConfigError) as caught:
        client(line)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("port-share 127.0.0.1 80", "port-share: needs a TCP server"),
        ("socks-proxy p", "socks-proxy: can't be used by a server"),
        ("local * 1194 udp\nlocal * 443 tcp-client", "tcp-client is for a client"),
    ],
)
def test_a_server_that_can_not_be(line, problem):
    with pytest.raises(ConfigError) as caught:
        server(line)
    assert problem in str(caught.value)


def test_port_share_is_enough_with_one_tcp_socket():
    link = server("local * 1194 udp\nlocal * 443 tcp\nport-share 127.0.0.1 80 /run/share").link
    assert link.port_share == ("127.0.0.1", 80, "/run/share")
