"""Whole configurations: the ones that everybody starts with, and what is wrong with others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vpn.config.configs import CLIENT, SERVER, client, configured, server
from vpn.config.lexer import Directive
from vpn.config.options import Compression, Connection, DevType, Options, Proto, Topology
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
    with pytest.raises(ConfigError, match=r"^command line: neither client nor server"):
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
        ("data-ciphers AES-256-CBC", "7: data-ciphers: nothing in the list is supported"),
        ("data-ciphers " + "AES-256-GCM:" * 11, "7: data-ciphers: the list is longer than 127"),
        ("auth MD17", '7: auth: "MD17" is not a digest'),
        ("remote-cert-tls any", '7: remote-cert-tls: must be client or server, not "any"'),
        ("tls-version-min 1.4", "7: tls-version-min: must be 1.0, 1.1, 1.2 or 1.3"),
        ("redirect-gateway def2", '7: redirect-gateway: unknown flag "def2"'),
        ("max-packet-size 100", '7: max-packet-size: must be 154..2048, not "100"'),
        ("lladdr 00:11:22:33:44", "7: lladdr:"),
        ("plugin x.so", "7: plugin: plugins in C can't be loaded"),
        ("pkcs11-id x", "7: pkcs11-id: PKCS#11 tokens are not supported"),
        ("up script", "7: up: not supported yet (scripts)"),
        ("version", "7: version: is a command: it stands alone on the command line"),
        ("peer-id 3", "7: peer-id: is only pushed by a server, never configured"),
        ("<verb>\n3\n</verb>", "7: verb: can't be given as a block"),
        ("<foo>\n3\n</foo>", "7: foo: unknown directive"),
        ("<cert>\n\n</cert>", "7: cert: is empty"),
        ("setenv opt", "7: setenv: opt needs a directive"),
        ("compress migrate", "7: compress: migrate is not supported yet"),
        ("crl-verify crls dir", "7: crl-verify: takes FILE, not 2 arguments"),
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


def test_ciphers_that_are_known_elsewhere_are_left_out_aloud():
    options = client("data-ciphers AES-256-GCM:?vollbit:AES-128-GCM:AES-256-CBC")
    assert options.data.data_ciphers == ("AES-256-GCM", "AES-128-GCM")
    assert any("AES-256-CBC left out" in text for text in options.warnings)


@pytest.mark.parametrize(
    ("text", "ciphers"),
    [
        ("ChaCha20-Poly1305", ("CHACHA20-POLY1305",)),
        ("id-aes128-GCM", ("AES-128-GCM",)),
        ("AES-192-GCM:DEFAULT", ("AES-192-GCM", "AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305")),
        ("AES-128-GCM:aes-128-gcm", ("AES-128-GCM",)),
    ],
)
def test_data_ciphers_are_written_as_they_are_negotiated(text, ciphers):
    assert client(f"data-ciphers {text}").data.data_ciphers == ciphers
    assert client(f"ncp-ciphers {text}").data.data_ciphers == ciphers


def test_cipher_of_an_old_configuration_may_be_negotiated():
    assert client("cipher AES-192-GCM").data.data_ciphers[-1] == "AES-192-GCM"
    old = client("cipher AES-256-CBC")
    assert old.data.cipher == "AES-256-CBC"
    assert any(text.startswith("DEPRECATED OPTION: test.conf:7: cipher") for text in old.warnings)


@pytest.mark.parametrize(
    ("line", "framing", "warned"),
    [
        ("comp-lzo no", Compression.LZO_STUB, False),
        ("comp-lzo", Compression.LZO_STUB, True),
        ("compress", Compression.STUB, True),
        ("compress stub", Compression.STUB, False),
        ("compress stub-v2", Compression.STUB_V2, False),
        ("compress lz4-v2", Compression.STUB_V2, True),
    ],
)
def test_compression_is_framing_only(line, framing, warned):
    options = client(line)
    assert options.data.compression is framing
    assert any("only the framing" in text for text in options.warnings) is warned


def test_device_types():
    assert client("dev tap7").tun.dev_type is DevType.TAP
    assert client("dev vpn0\ndev-type tun").tun.dev_type is DevType.TUN
    assert client("dev null").tun.dev_type is DevType.NULL


def test_a_client_binds_over_udp_unless_told_not_to():
    assert client().link.lport == 1194
    assert client("nobind").link.lport is None
    assert client("lport 0").link.nobind
    assert client("proto tcp").link.nobind
    assert client("proto tcp\nlport 4000").link.lport == 4000


def test_mssfix_follows_an_unusual_mtu():
    assert (client().link.mssfix, client().link.mssfix_mode) == (1492, "mtu")
    small = client("tun-mtu 1400").link
    assert (small.mssfix, small.mssfix_mode) == (1400, "fixed")
    assert client("mssfix 0").link.mssfix is None
    said = client("mssfix 1300").link
    assert (said.mssfix, said.mssfix_mode) == (1300, None)
    assert client("mssfix 1300 mtu").link.mssfix_mode == "mtu"


def test_ping_restart_of_its_own_stays():
    assert client("ping-restart 0").link.ping_restart == 0
    assert client("ping-exit 30").link.ping_restart == 0
    assert client("proto tcp").link.ping_restart == 0


def test_proto_force_leaves_the_others_out():
    options = client("remote b 443 tcp\nproto-force tcp")
    assert [one.host for one in options.link.connections] == ["b"]


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
