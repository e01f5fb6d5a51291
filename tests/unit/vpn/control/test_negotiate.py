"""Cipher negotiation and what is pushed for it."""

from __future__ import annotations

import pytest

from vpn.config.options import Options
from vpn.control.negotiate import (
    choose_cipher,
    own_options_string,
    pushed_protocol_options,
    server_agreement,
)
from vpn.wire.peer_info import parse

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
        "protocol-flags cc-exit tls-ekm",
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
    assert own_options_string(Options(), is_server=False, is_tcp=False) == (
        "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,"
        "key-method 2,tls-client"
    )
