"""Whole configurations: the ones that everybody starts with, and what is wrong with others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vpn.config.configs import CLIENT, SERVER, client, configured, server
from vpn.config.lexer import Directive
from vpn.config.options import Connection, Options, Proto, Topology
from vpn.config.parse import parse
from vpn.errors import ConfigError

FIRST_SERVER = """\
port 1194
proto udp
dev tun
ca ca.crt
cert server.crt
key server.key
dh dh1024.pem
server 10.8.0.0 255.255.255.0
keepalive 10 120
user nobody
group nogroup
persist-key
persist-tun
verb 3
"""
FIRST_CLIENT = """\
client
dev tun
proto udp
remote 192.168.1.100 1194   #修改为服务器ip
ca ca.crt
cert client.crt
key client.key
user nobody
group nogroup
persist-key
persist-tun
verb 3
"""


def test_the_first_server_anyone_writes():
    options = configured(FIRST_SERVER)
    assert options.tls.is_server
    assert (options.link.proto, options.link.lport) == (Proto.UDP, 1194)
    assert (options.link.ping, options.link.ping_restart) == (10, 240)
    assert options.tun.ifconfig == ("10.8.0.1", "255.255.255.0")
    assert (options.process.user, options.process.group) == ("nobody", "nogroup")
    assert options.tun.persist_tun
    assert options.log.verb == 3
    assert [text.split(":")[2:4] for text in options.warnings] == [
        ["12", " persist-key"],
        ["7", " dh"],
    ]


def test_the_first_client_anyone_writes():
    options = configured(FIRST_CLIENT)
    assert options.tls.is_client
    assert options.client.pull
    assert options.link.connections == (Connection("192.168.1.100", 1194, Proto.UDP),)
    assert (options.link.ping, options.link.ping_restart) == (0, 120)
    assert options.tls.key == b"client.key"
    assert options.tun.topology is Topology.NET30


def test_an_empty_configuration_is_not_enough():
    with pytest.raises(ConfigError, match=r"^command line: neither client, server, tls-"):
        parse([])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("remote h 99999", '7: remote: port must be 1..65535, not "99999"'),
        ("remote h 0", '7: remote: port must be 1..65535, not "0"'),
        ("remote h 1194 upd", "7: remote: protocol must be udp, udp4, udp6, tcp"),
        ("remote", "7: remote: takes HOST [PORT] [PROTO], not 0 arguments"),
        ("remote h 1 udp x", "7: remote: takes HOST [PORT] [PROTO], not 4 arguments"),
        ("remote not/a/host", '7: remote: "not/a/host" is not a host name or an address'),
        ("rmote h", '7: rmote: unknown directive (did you mean "remote"?)'),
        ("qqqqqqqq", "7: qqqqqqqq: unknown directive"),
        ("verb 16", '7: verb: must be 0..15, not "16"'),
        ("verb x", '7: verb: must be 0..15, not "x"'),
        ("verb ²", '7: verb: must be 0..15, not "²"'),
        ("dev tun-with-a-long-name", '7: dev: "tun-with-a-long-name" is not a device name'),
        ("dev vpn", '7: dev: "vpn" tells no type'),
        ("topology net31", "7: topology: must be net30, p2p or subnet, not"),
        ("nobind 1", "7: nobind: takes no arguments, not 1"),
        ("route 10.0.0.0 255.0.255.0", '7: route: "255.0.255.0" is not a netmask'),
        ("route 10.0.0.0 255.0.0.0 gw x", '7: route: metric must be 0..2147483647, not "x"'),
        ("ifconfig 10.8.0.300 255.255.255.0", '7: ifconfig: "10.8.0.300" is not an IPv4'),
        ("route-ipv6 fe80::/200", "7: route-ipv6: prefix length must be 0..128"),
        ("data-ciphers AES-256-GCM:FOO", '7: data-ciphers: "FOO" is not a cipher'),
        ("data-ciphers ARIA-256-CBC", "7: data-ciphers: nothing in the list is supported"),
        ("data-ciphers " + "AES-256-GCM:" * 11, "7: data-ciphers: the list is longer than 127"),
        ("auth MD17", '7: auth: "MD17" is not a digest'),
        ("remote-cert-tls any", '7: remote-cert-tls: must be client or server, not "any"'),
        ("tls-version-min 1.4", "7: tls-version-min: must be 1.0, 1.1, 1.2 or 1.3"),
        ("redirect-gateway def2", '7: redirect-gateway: unknown flag "def2"'),
        ("max-packet-size 100", '7: max-packet-size: must be 154..2048, not "100"'),
        ("lladdr 00:11:22:33:44", "7: lladdr:"),
        ("reneg-sec 60 90", "7: reneg-sec: the lower bound 90 is above 60"),
        ("dev-node unix:/bin/x", "7: dev-node: a program behind a socket is not supported"),
        ("local 192.0.2.1\nlocal 192.0.2.2", "8: local: several local addresses"),
        ("plugin x.so", "7: plugin: plugins in C can't be loaded; see"),
        ("pkcs11-id x", "7: pkcs11-id: PKCS#11 tokens are not supported; name the files"),
        ("replay-persist x", "7: replay-persist: not supported yet; after a restart"),
        ("version", "7: version: is a command: it stands alone on the command line"),
        ("peer-id 3", "7: peer-id: is only pushed by a server, never configured"),
        ("<verb>\n3\n</verb>", "7: verb: can't be given as a block"),
        ("<foo>\n3\n</foo>", "7: foo: unknown directive"),
        ("<cert>\n\n</cert>", "7: cert: is empty"),
        ("setenv opt", "7: setenv: opt needs a directive"),
        ("compress zstd", "7: compress: must be stub, stub-v2, lz4, lz4-v2, lzo or migrate"),
        ("crl-verify crls dirs", "7: crl-verify: the second argument must be dir"),
    ],
)
def test_what_can_not_be_taken_is_named_with_its_place(line, message):
    with pytest.raises(ConfigError) as caught:
        client(line)
    assert str(caught.value).startswith(f"test.conf:{message}")


def test_an_unread_file_is_an_error_and_not_an_empty_value():
    with pytest.raises(ConfigError, match=r'^a:1: ca: "ca\.crt" was not read'):
        parse([Directive("ca", ("ca.crt",), "a", 1)])


def test_unknown_directives_may_be_ignored_by_name():
    options = client("ignore-unknown-option foo bar\nfoo 1 2\nsetenv opt baz 3\nsetenv opt verb 5")
    assert options.log.verb == 5
    assert [text for text in options.warnings if "unknown" in text] == [
        "WARNING: test.conf:8: foo: unknown directive (left out, as the configuration allows)",
        "WARNING: test.conf:9: baz: unknown directive (left out, as the configuration allows)",
    ]


def test_a_mistake_in_a_supported_directive_is_never_ignored():
    with pytest.raises(ConfigError, match="8: verb: must be"):
        client("ignore-unknown-option verb\nverb 99")


def test_a_directive_that_is_not_supported_may_be_ignored_by_name():
    assert any("plugin" in text for text in client("setenv opt plugin x.so").warnings)


def test_forward_compatible_ignores_everything_unknown():
    assert client("setenv FORWARD_COMPATIBLE 1\nfoo").log.verb == 1


def test_the_last_of_two_counts():
    assert client("verb 4\nverb 5").log.verb == 5
    assert len(client("remote b\nremote c").link.remotes) == 3


def test_contents_of_private_files_do_not_show():
    options = client("tls-crypt secret-of-all")
    assert options.tls.tls_crypt == b"secret-of-all"
    assert "secret-of-all" not in repr(options)
    assert "client.key" not in str(options)


def test_bind_may_be_for_ipv6_only():
    assert server("bind ipv6only").link.bind_ipv6only


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12)


@given(st.sampled_from(sorted(set(CLIENT.split() + SERVER.split() + ["route", "push", "mssfix"]))))
def test_a_directive_on_its_own_never_crashes(name):
    with pytest.raises(ConfigError):
        configured(name)


@given(
    st.sampled_from(
        [
            "route",
            "remote",
            "mssfix",
            "dns",
            "setenv",
            "data-ciphers",
            "ifconfig",
            "tls-auth",
            "local",
        ]
    ),
    st.lists(WORDS, max_size=4),
)
def test_any_arguments_are_taken_or_refused(name, words):
    try:
        options = parse([Directive(name, tuple(words), "a", 1), Directive("client", (), "a", 2)])
    except ConfigError:
        return
    assert isinstance(options, Options)
