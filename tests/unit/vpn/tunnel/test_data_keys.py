"""What limits the keys of a cipher, and what is said about them."""

from __future__ import annotations

import logging

import pytest

from vpn.config.options import TlsOptions
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.trace import PeerLog
from vpn.tunnel.data_keys import log_keys, max_bytes

UNLIMITED = TlsOptions(reneg_bytes=0)


@pytest.mark.parametrize(
    ("cipher", "configured", "limit"),
    [
        ("BF-CBC", None, 64 * 1024 * 1024),
        ("DES-EDE3-OFB", None, 64 * 1024 * 1024),
        ("BF-CBC", 0, 0),
        ("BF-CBC", 1000, 1000),
        ("AES-256-CBC", None, None),
        ("CHACHA20-POLY1305", None, None),
        ("none", None, 64 * 1024 * 1024),
    ],
)
def test_small_blocks_have_a_limit_of_their_own(cipher, configured, limit):
    assert max_bytes(TlsOptions(reneg_bytes=configured), DATA_CIPHERS[cipher]) == limit


@pytest.mark.parametrize(
    ("cipher", "digest", "lines"),
    [
        (
            "AES-256-CBC",
            "sha256",
            [
                "Data Channel: Cipher 'AES-256-CBC' initialized with 256 bit key",
                "Data Channel: Using 256 bit message hash 'SHA256' for HMAC authentication",
            ],
        ),
        (
            "AES-256-GCM",
            "sha256",
            ["Data Channel: Cipher 'AES-256-GCM' initialized with 256 bit key"],
        ),
        ("none", "", []),
    ],
)
def test_both_keys_are_described(cipher, digest, lines, caplog):
    caplog.set_level(logging.DEBUG)
    log_keys(PeerLog(logging.getLogger("vpn.tunnel")), DATA_CIPHERS[cipher], digest, UNLIMITED)
    assert caplog.messages == [
        f"{direction} {line}" for direction in ("Outgoing", "Incoming") for line in lines
    ]


def test_small_blocks_are_warned_about(caplog):
    caplog.set_level(logging.DEBUG)
    log_keys(PeerLog(logging.getLogger("vpn.tunnel")), DATA_CIPHERS["BF-CBC"], "", TlsOptions())
    warnings = [text for text in caplog.messages if "INSECURE cipher (BF-CBC)" in text]
    assert len(warnings) == 2
    assert "reducing reneg-bytes to 64MB" in caplog.messages[-1]
