"""Cipher negotiation and what is pushed for it."""

from __future__ import annotations

import pytest

from vpn.config.options import (
    ClientOptions,
    Compression,
    DataOptions,
    DevType,
    LinkOptions,
    Options,
    PushedOptions,
    Secret,
    TlsOptions,
    TunOptions,
)
from vpn.config.script_options import ScriptOptions
from vpn.control.negotiate import (
    P2P_PEER_ID,
    Agreement,
    choose_cipher,
    client_agreement,
    own_options_string,
    own_peer_info,
    p2p_agreement,
    pushed_protocol_options,
    server_agreement,
    static_options_string,
    usable_ciphers,
    without_compression,
)
from vpn.hooks import NullHooks
from vpn.wire import options_string
from vpn.wire.key_method import KeyMethodMessage, KeySource
from vpn.wire.peer_info import Proto, parse

LIST = ("CHACHA20-POLY1305", "AES-128-GCM", "AES-256-GCM")


@pytest.mark.parametrize(
    ("own", "info", "occ", "expected"),
    [
        (LIST, "IV_NCP=2", "V4,cipher BF-CBC", "AES-128-GCM"),
        (LIST, "IV_NCP=2", "V4,cipher CHACHA20-POLY1305", "CHACHA20-POLY1305"),
        (LIST, "IV_CIPHERS=AES-128-GCM", "", "AES-128-GCM"),
        (LIST, "IV_CIPHERS=AES-256-GCM\nIV_NCP=2", "", "AES-256-GCM"),
        (LIST[:2], "", "V4,cipher AES-128-GCM", "AES-128-GCM"),
        (LIST[:2], "", "V4,cipher none", None),
        (LIST[:2], "", "", None),
        (LIST, "IV_CIPHERS=aes-128-gcm", "", "AES-128-GCM"),
        (LIST, "IV_CIPHERS=AES-256-CBC", "V4,cipher AES-256-GCM", None),
        (LIST, "IV_NCP=1", "V4,cipher AES-256-GCM", "AES-256-GCM"),
    ],
)
def test_first_of_the_servers_list_that_the_client_has(own, info, occ, expected):
    assert choose_cipher(own, None, parse(info), occ) == expected


def test_fallback_serves_only_who_says_nothing():
    assert choose_cipher(LIST, "AES-256-GCM", parse(""), "") == "AES-256-GCM"
    assert choose_cipher(LIST, "AES-256-GCM", parse("IV_CIPHERS=X"), "") is None


def pushed(info: str) -> list[str]:
    peer = parse(info)
    agreement = server_agreement(Options(), peer, "V4,cipher AES-256-GCM", 3)
    assert agreement is not None
    return pushed_protocol_options(agreement, peer, 1500)


def test_a_client_is_pushed_only_what_it_understands():
    assert pushed("IV_CIPHERS=AES-256-GCM\nIV_PROTO=990\nIV_MTU=1600") == [
        "peer-id 3",
        "cipher AES-256-GCM",
        "protocol-flags cc-exit tls-ekm dyn-tls-crypt",
        "tun-mtu 1500",
    ]
    assert pushed("IV_NCP=2\nIV_PROTO=14") == [
        "peer-id 3",
        "cipher AES-256-GCM",
        "key-derivation tls-ekm",
    ]
    assert pushed("IV_NCP=2\nIV_PROTO=2") == ["peer-id 3", "cipher AES-256-GCM"]
    assert pushed("") == []


def test_default_options_string_is_the_stock_clients():
    assert occ() == (
        "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,"
        "key-method 2,tls-client"
    )


def occ(*, is_tcp: bool = False, is_server: bool = False, **groups: object) -> str:
    options = Options(client=ClientOptions(pull=True), **groups)
    return own_options_string(options, is_server=is_server, is_tcp=is_tcp)


@pytest.mark.parametrize(
    ("cipher", "auth", "tun_mtu", "link_mtu", "key_bits"),
    [
        (None, "SHA1", 1500, 1541, 128),
        ("BF-CBC", "SHA1", 1500, 1541, 128),
        ("AES-256-GCM", "SHA1", 1500, 1549, 256),
        ("AES-128-GCM", "SHA512", 1500, 1549, 128),
        ("CHACHA20-POLY1305", "SHA1", 1500, 1534, 256),
        ("AES-128-CBC", "SHA1", 1400, 1457, 128),
        ("AES-256-CBC", "SHA256", 1500, 1569, 256),
        ("none", "none", 1500, 1505, 0),
        ("none", "none", 1400, 1405, 0),
    ],
)
def test_link_mtu_of_the_options_string(cipher, auth, tun_mtu, link_mtu, key_bits):
    text = occ(data=DataOptions(cipher=cipher, auth=auth), tun=TunOptions(tun_mtu=tun_mtu))
    assert options_string.value(text, "link-mtu") == str(link_mtu)
    assert options_string.value(text, "tun-mtu") == str(tun_mtu)
    assert options_string.value(text, "keysize") == str(key_bits)


def test_link_mtu_counts_tap_stream_and_framing():
    tap = TunOptions(dev_type=DevType.TAP)
    assert ",link-mtu 1573,tun-mtu 1532," in occ(tun=tap)
    gcm = DataOptions(cipher="AES-256-GCM")
    assert ",link-mtu 1581,tun-mtu 1532," in occ(tun=tap, data=gcm)
    cbc = DataOptions(cipher="AES-256-CBC", auth="SHA256")
    assert ",link-mtu 1571," in occ(data=cbc, is_tcp=True)
    lzo = DataOptions(cipher="AES-256-GCM", compression=Compression.LZO_STUB)
    assert ",link-mtu 1550,tun-mtu 1500,proto UDPv4,comp-lzo," in occ(data=lzo)
    cut = occ(data=lzo, link=LinkOptions(fragment=1300))
    assert ",link-mtu 1554,tun-mtu 1500,proto UDPv4,comp-lzo,mtu-dynamic," in cut
    second = DataOptions(cipher="AES-256-GCM", compression=Compression.STUB_V2)
    assert ",link-mtu 1549,tun-mtu 1500,proto UDPv4,comp-lzo," in occ(data=second)


@pytest.mark.parametrize(
    ("client_occ", "info", "framing", "pushed"),
    [
        ("V4,dev-type tun", "", Compression.NONE, ()),
        ("V4,comp-lzo,auth SHA1", "IV_COMP_STUBv2=1\n", Compression.STUB_V2, ("compress stub-v2",)),
        ("V4,comp-lzo,auth SHA1", "", Compression.LZO_STUB, ("comp-lzo no",)),
    ],
)
def test_migrate_frees_a_client_of_its_compression(client_occ, info, framing, pushed):
    message = KeyMethodMessage(KeySource(b"", b"", b""), client_occ, peer_info=info)
    options = Options(data=DataOptions(compression=Compression.MIGRATE))
    after = without_compression(options, message)
    assert (after.data.compression, after.server.push) == (framing, pushed)
    assert without_compression(Options(), message) == Options()


def test_options_string_names_transport_role_wrap_and_cipher():
    text = occ(
        is_tcp=True,
        is_server=True,
        tls=TlsOptions(tls_auth=Secret(b"x"), key_direction=0),
        data=DataOptions(cipher="AES-256-GCM"),
    )
    assert text == (
        "V4,dev-type tun,link-mtu 1551,tun-mtu 1500,proto TCPv4_SERVER,keydir 0,cipher AES-256-GCM,"
        "auth [null-digest],keysize 256,tls-auth,key-method 2,tls-server"
    )
    assert ",proto TCPv4_CLIENT," in occ(is_tcp=True)
    assert ",auth [null-digest]," in occ(data=DataOptions(cipher="none", auth="none"))
    assert ",cipher " not in occ(data=DataOptions(cipher="AES-256-CBC"))
    other = DataOptions(cipher="AES-256-GCM", data_ciphers=("AES-128-GCM",))
    assert ",cipher " not in occ(data=other)


def agreed(push: PushedOptions, server_occ: str = "V4", **data: object):
    return client_agreement(Options(push=push, data=DataOptions(**data)), server_occ)


def test_client_takes_the_pushed_cipher_only_if_it_allows_it():
    assert agreed(PushedOptions(cipher="AES-128-GCM")).cipher == "AES-128-GCM"
    assert agreed(PushedOptions(cipher="aes-128-gcm")).cipher == "AES-128-GCM"
    assert agreed(PushedOptions(cipher="AES-128-GCM"), data_ciphers=("AES-256-GCM",)) is None
    assert agreed(PushedOptions(cipher="BF-CBC"), data_ciphers_fallback="AES-256-GCM") is None


def test_client_falls_back_when_nothing_is_pushed():
    nothing = PushedOptions()
    assert agreed(nothing, "V4,cipher AES-128-GCM").cipher == "AES-128-GCM"
    assert agreed(nothing, "V4", data_ciphers_fallback="AES-256-GCM").cipher == "AES-256-GCM"
    assert agreed(nothing, "V4", data_ciphers_fallback="BF-CBC").cipher == "BF-CBC"
    assert agreed(nothing, "V4,cipher BF-CBC") is None
    assert agreed(nothing, data_ciphers_fallback="ARIA-128-CBC") is None


def test_no_cipher_is_agreed_on_if_both_name_none():
    allowed = {"data_ciphers": ("none", "AES-256-GCM")}
    assert agreed(PushedOptions(cipher="none"), **allowed).cipher == "none"
    assert agreed(PushedOptions(), "V4,cipher [null-cipher]", **allowed).cipher == "none"
    assert agreed(PushedOptions(cipher="none")) is None
    assert agreed(PushedOptions(), "V4,cipher [null-cipher]") is None


EPOCHS = Proto.DATA_V2 | Proto.CC_EXIT_NOTIFY | Proto.DATA_EPOCH


@pytest.mark.parametrize(
    ("cipher", "proto", "has_epochs"),
    [
        ("AES-128-GCM", EPOCHS, True),
        ("CHACHA20-POLY1305", EPOCHS, True),
        ("AES-256-CBC", EPOCHS, False),
        ("AES-128-GCM", EPOCHS & ~Proto.DATA_V2, False),
        ("AES-128-GCM", EPOCHS & ~Proto.DATA_EPOCH, False),
        ("AES-128-GCM", EPOCHS & ~Proto.CC_EXIT_NOTIFY, False),
    ],
)
def test_epochs_need_an_aead_and_a_peer_that_knows_them(cipher, proto, has_epochs):
    options = Options(data=DataOptions(data_ciphers=(cipher,)))
    peer = parse(f"IV_CIPHERS={cipher}\nIV_PROTO={int(proto)}")
    agreement = server_agreement(options, peer, "", 3)
    assert agreement.has_epochs is has_epochs
    texts = pushed_protocol_options(agreement, peer, 1500)
    assert any("aead-epoch" in text for text in texts) is has_epochs


@pytest.mark.parametrize(
    ("cipher", "peer_id", "has_epochs"),
    [("AES-128-GCM", 7, True), ("AES-128-GCM", None, False), ("AES-256-CBC", 7, False)],
)
def test_client_has_epochs_where_they_are_possible(cipher, peer_id, has_epochs):
    push = PushedOptions(
        cipher=cipher, peer_id=peer_id, protocol_flags=frozenset({"cc-exit", "aead-epoch"})
    )
    assert agreed(push, data_ciphers=(cipher,)).has_epochs is has_epochs


@pytest.mark.shows("protocol-flags", "key-derivation")
def test_client_reads_the_protocol_flags_of_either_age():
    new = frozenset({"cc-exit", "tls-ekm"})
    agreement = agreed(PushedOptions(cipher="AES-128-GCM", protocol_flags=new, peer_id=7))
    assert (agreement.uses_exporter, agreement.has_exit_message, agreement.peer_id) == (
        True,
        True,
        7,
    )
    agreement = agreed(PushedOptions(cipher="AES-128-GCM", key_derivation="tls-ekm"))
    assert (agreement.uses_exporter, agreement.has_exit_message) == (True, False)
    agreement = agreed(PushedOptions(cipher="AES-128-GCM"))
    assert (agreement.uses_exporter, agreement.peer_id) == (False, None)


def test_client_that_knows_no_peer_id_is_sent_version_one_packets():
    agreement = server_agreement(Options(), parse("IV_NCP=2"), "V4", 5)
    assert (agreement.peer_id, agreement.uses_exporter) == (None, False)
    assert server_agreement(Options(), parse("IV_CIPHERS=X"), "V4", 5) is None


def test_ciphers_that_do_not_exist_here_are_not_offered():
    options = Options(data=DataOptions(data_ciphers=("ARIA-256-CBC", "AES-128-GCM")))
    assert usable_ciphers(options) == ("AES-128-GCM",)


def between_equals(info: str, *, is_server: bool = True, **data: object):
    message = KeyMethodMessage(KeySource(b"", b"", b""), "", peer_info=info)
    return p2p_agreement(Options(data=DataOptions(**data)), message, is_server=is_server)


@pytest.mark.parametrize(("is_server", "cipher"), [(True, "AES-256-GCM"), (False, "AES-128-GCM")])
def test_equals_take_the_first_cipher_of_the_tls_server(is_server, cipher):
    found = between_equals(
        "IV_CIPHERS=AES-128-GCM:AES-256-GCM\nIV_PROTO=682\n", is_server=is_server
    )
    assert found == Agreement(cipher, True, P2P_PEER_ID, True, True)


def test_equals_agree_on_nothing_with_one_that_does_not_negotiate():
    old = between_equals("", cipher="AES-256-CBC")
    assert old == Agreement("AES-256-CBC", False, None, False, False)
    assert between_equals("", data_ciphers_fallback="AES-128-CBC").cipher == "AES-128-CBC"
    assert between_equals("") is None
    assert between_equals("IV_CIPHERS=BF-CBC\nIV_PROTO=682\n") is None
    assert between_equals("IV_CIPHERS=AES-256-GCM\nIV_PROTO=650\n").peer_id is None  # no NCP_P2P


def static(**groups: object) -> str:
    is_tcp = bool(groups.pop("is_tcp", False))
    options = Options(
        tun=TunOptions(tun_mtu=1400, ifconfig=("10.9.0.1", "10.9.0.2")),
        tls=TlsOptions(key_direction=1),
        **groups,
    )
    return static_options_string(options, is_tcp=is_tcp)


@pytest.mark.parametrize(
    ("data", "link", "is_tcp", "link_mtu"),
    [
        ({"cipher": "AES-128-CBC", "auth": "none"}, {}, False, 1440),
        ({"auth": "SHA1"}, {}, False, 1444),
        ({"auth": "SHA1"}, {}, True, 1446),
        ({"auth": "SHA1", "compression": Compression.LZO}, {}, False, 1445),
        ({"auth": "SHA1", "compression": Compression.LZO}, {"fragment": 1300}, False, 1449),
    ],
)
def test_link_mtu_with_a_static_key(data, link, is_tcp, link_mtu):
    text = static(data=DataOptions(**data), link=LinkOptions(**link), is_tcp=is_tcp)
    assert options_string.value(text, "link-mtu") == str(link_mtu)


def test_options_string_with_a_static_key():
    assert static(data=DataOptions(cipher="AES-256-CBC", auth="SHA256")) == (
        "V4,dev-type tun,link-mtu 1472,tun-mtu 1400,proto UDPv4,ifconfig 10.9.0.2 10.9.0.1,"
        "keydir 1,cipher AES-256-CBC,auth SHA256,keysize 256,secret"
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (False, {"IV_SSO": "webauth"}),
        (True, {"IV_HWADDR": "02:00:00:00:00:01", "IV_SSO": "webauth", "UV_ASSET": "47_11"}),
    ],
)
def test_what_else_a_client_tells_of_itself(monkeypatch, asked, told):
    monkeypatch.setattr(NullHooks, "hardware_address", lambda _: "02:00:00:00:00:01")
    environment = (("UV_ASSET", "47\x0711"), ("IV_SSO", "webauth"), ("PATH", "/bin"))
    options = Options(
        client=ClientOptions(pull=True, push_peer_info=asked),
        scripts=ScriptOptions(environment=environment),
    )
    values = parse(own_peer_info(options, "x", NullHooks())).values
    more = dict(list(values.items())[list(values).index("IV_COMP_STUBv2") + 1 :])
    assert more.pop("IV_SSL", "").startswith("OpenSSL" if asked else "")
    assert more == told
