"""The options string."""

from __future__ import annotations

from vpn.wire import options_string


def test_value_of_an_item():
    text = "V4,dev-type tun,cipher AES-256-GCM,auth SHA1,key-method 2,tls-client"
    assert options_string.value(text, "cipher") == "AES-256-GCM"
    assert options_string.value(text, "tls-client") == ""
    assert options_string.value(text, "comp-lzo") is None


def test_all_items_stand_in_the_stock_order():
    text = options_string.serialize(
        dev_type="tap",
        link_mtu=1583,
        tun_mtu=1532,
        proto="TCPv4_SERVER",
        key_direction=0,
        cipher="AES-256-GCM",
        auth="[null-digest]",
        key_bits=256,
        has_tls_auth=True,
        has_comp_lzo=True,
        has_fragment=True,
        is_server=True,
    )
    assert text == (
        "V4,dev-type tap,link-mtu 1583,tun-mtu 1532,proto TCPv4_SERVER,comp-lzo,mtu-dynamic,"
        "keydir 0,cipher AES-256-GCM,auth [null-digest],keysize 256,tls-auth,key-method 2,"
        "tls-server"
    )


def test_a_name_is_no_prefix_of_another():
    assert options_string.value("V4,ciphers x,cipher y", "cipher") == "y"
    assert options_string.value("", "cipher") is None


def test_differences_in_the_stock_words_and_order():
    own = "V4,dev-type tun,link-mtu 1549,tun-mtu 1500,proto UDPv4,keydir 1,auth SHA1,tls-client"
    peers = "V4,dev-type tun,link-mtu 1442,tun-mtu 1500,proto TCPv4_SERVER,comp-lzo,tls-server"
    assert options_string.differences(own, peers) == [
        "WARNING: 'link-mtu' is used inconsistently, local='link-mtu 1549', remote='link-mtu 1442'",
        "WARNING: 'auth' is present in local config but missing in remote config, "
        "local='auth SHA1'",
        "WARNING: 'comp-lzo' is present in remote config but missing in local config, "
        "remote='comp-lzo'",
    ]
    assert options_string.differences(own, own) == []
    assert options_string.differences("", "") == []
