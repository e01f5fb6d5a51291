"""Helpers become plain directives and keep their places."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import CLIENT, SERVER, client, configured, server
from vpn.config.arguments import PRIVATE
from vpn.config.expand import expand
from vpn.config.lexer import lex
from vpn.config.options import Proto
from vpn.errors import ConfigError


def plain(text: str) -> list[tuple[str, ...]]:
    return [(one.name, *one.args) for one in expand(lex(text, "a"))]


def test_client_is_pull_and_tls_client():
    assert plain("client") == [("client",), ("pull",), ("tls-client",)]


def test_port_is_both_ports():
    assert plain("port 1195") == [("lport", "1195"), ("rport", "1195")]


def test_local_may_carry_port_and_protocol():
    link = server("local 192.0.2.1 443 tcp").link
    assert (link.local, link.lport, link.proto) == ("192.0.2.1", 443, Proto.TCP_SERVER)


def test_a_server_listens_at_every_local():
    lines = "port 1200\nlocal 192.0.2.1\nlocal * 443 tcp\nlocal 2001:db8::1 1195 udp6"
    assert server(lines).link.locals_ == (
        ("192.0.2.1", 1200, Proto.UDP),
        (None, 443, Proto.TCP_SERVER),
        ("2001:db8::1", 1195, Proto.UDP6),
    )


def test_tcp_nodelay_is_pushed():
    assert "socket-flags TCP_NODELAY" in server("tcp-nodelay").server.push


def test_tls_auth_carries_a_direction():
    assert plain("tls-auth ta.key 1") == [("tls-auth", "ta.key"), ("key-direction", "1")]
    assert plain("tls-auth [inline] 0") == [("key-direction", "0")]


def test_an_announced_block_is_no_file():
    options = configured(CLIENT.replace("ca ca.crt", "ca [inline]\n<ca>\nX\n</ca>"))
    assert options.tls.ca == b"X\n"


def test_tcp_is_the_side_that_the_rest_says():
    assert client("proto tcp").link.connections[0].proto is Proto.TCP_CLIENT
    assert client("proto tcp6").link.connections[0].proto is Proto.TCP6_CLIENT
    assert client("remote b 443 tcp4").link.connections[1].proto is Proto.TCP4_CLIENT
    assert server("proto tcp").link.proto is Proto.TCP_SERVER


def test_keepalive_of_a_client_is_taken_as_it_is():
    link = client("keepalive 10 60").link
    assert (link.ping, link.ping_restart) == (10, 60)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("keepalive 10", "takes 2 arguments"),
        ("keepalive 10 15", "timeout must be at least twice the interval, not 15"),
        ("keepalive x 15", 'interval must be 1..86400, not "x"'),
        ("keepalive 10 90000", "timeout must be 1..43200"),
        ("keepalive 10 60\nping 3", "can't stand beside ping"),
    ],
)
def test_a_bad_keepalive_is_an_error(line, problem):
    with pytest.raises(ConfigError, match=rf"^test\.conf:7: keepalive: {problem}"):
        client(line)


def test_connection_blocks_are_remotes_in_order():
    blocks = """\
<connection>
remote a.example 1195 udp
</connection>
<connection>
remote b.example
port 443
proto tcp
explicit-exit-notify 2
</connection>
<connection>
remote c.example
</connection>
"""
    options = configured("port 1200\n" + CLIENT.replace("remote vpn.example\n", blocks))
    assert [one[:3] for one in options.link.connections] == [
        ("a.example", 1195, Proto.UDP),
        ("b.example", 443, Proto.TCP_CLIENT),
        ("c.example", 1200, Proto.UDP),
    ]
    own = [one.options.link.explicit_exit_notify for one in options.link.connections]
    assert own == [0, 2, 0]


def test_a_block_has_options_of_its_own_over_the_common_ones():
    blocks = """\
connect-timeout 9
float
remote outside.example
<connection>
remote a.example
connect-timeout 3
nobind
</connection>
<connection>
remote b.example
http-proxy proxy.example 8080
proto tcp
</connection>
"""
    link = configured(CLIENT.replace("remote vpn.example\n", blocks)).link
    assert [one.host for one in link.connections] == ["a.example", "b.example"]
    one, two = (each.options.link for each in link.connections)
    assert (one.connect_timeout, one.nobind, one.float_) == (3, True, True)
    assert (two.connect_timeout, two.http_proxy.host) == (9, "proxy.example")
    assert one.http_proxy is None


def test_a_block_has_its_own_wrap_or_the_common_one():
    blocks = """\
<connection>
remote a.example
<tls-auth>
A
</tls-auth>
key-direction 1
</connection>
<connection>
remote b.example
key-direction 1
link-mtu 1400
</connection>
<tls-crypt>
C
</tls-crypt>
"""
    options = configured(CLIENT.replace("remote vpn.example\n", blocks))
    one, two = (each.options.tls for each in options.link.connections)
    assert (one.tls_auth, one.key_direction, one.tls_crypt) == (b"A\n", 1, None)
    assert (two.tls_auth, two.key_direction, two.tls_crypt) == (None, None, b"C\n")
    assert options.warnings == (
        "WARNING: test.conf:12: link-mtu: obsolete; the size comes from tun-mtu",
    )


def test_what_stands_behind_a_block_does_not_count_for_it():
    blocks = """\
rport 1000
<connection>
remote a.example
</connection>
rport 2000
connect-timeout 9
<connection>
remote b.example
</connection>
remote c.example
<tls-crypt>
static
</tls-crypt>
"""
    options = configured(CLIENT.replace("remote vpn.example\n", blocks))
    one, two = options.link.connections
    assert [each[:2] for each in (one, two)] == [("a.example", 1000), ("b.example", 2000)]
    assert [each.options.link.connect_timeout for each in (one, two)] == [120, 9]
    assert one.options.tls.tls_crypt == two.options.tls.tls_crypt == b"static\n"
    assert options.warnings == (
        "Option 'rport' in test.conf:6 is ignored by previous <connection> blocks",
        "Option 'connect-timeout' in test.conf:7 is ignored by previous <connection> blocks",
    )


def test_a_protocol_in_a_block_needs_no_port():
    block = "<connection>\nremote b.example\nproto tcp\n</connection>\n"
    options = configured(CLIENT.replace("remote vpn.example\n", block))
    (only,) = options.link.connections
    assert only[:3] == ("b.example", 1194, Proto.TCP_CLIENT)


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (
            "<connection>\nremote a\nverb 3\n</connection>",
            r"9: verb: can't stand in a <connection>",
        ),
        ("<connection>\nport 3\n</connection>", r"7: connection: the block has no remote"),
        ("<connection>\nremote a 0\n</connection>", r"8: remote: port must be 1\.\.65535"),
        ("connection", "7: connection: is a block"),
    ],
)
def test_a_bad_connection_block_names_the_line_in_it(block, problem):
    with pytest.raises(ConfigError, match=rf"^test\.conf:{problem}"):
        client(block)


def test_ns_cert_type_asks_for_more_than_it_did():
    text = CLIENT.replace("remote-cert-tls server", "ns-cert-type server")
    options = configured(text)
    assert options.tls.remote_cert_tls == "server"
    assert any("ns-cert-type" in text for text in options.warnings)


def test_setenv_safe_can_not_overwrite_anything():
    assert client("setenv-safe X 1").scripts.environment == (("OPENVPN_X", "1"),)


def test_redirect_private_leaves_the_default_routes():
    flags = client("redirect-private local ipv6").tun.redirect_gateway
    assert flags == {"local", "ipv6", PRIVATE}


def test_both_helpers_of_a_role_may_be_said_in_full():
    text = SERVER.replace("server 10.8.0.0 255.255.255.0", "mode server\ntls-server\nproto tcp")
    assert configured(text).link.proto is Proto.TCP_SERVER
