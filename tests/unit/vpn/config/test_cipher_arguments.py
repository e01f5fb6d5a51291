"""Names of ciphers, digests and framings."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import client
from vpn.config.cipher_arguments import DATA_CIPHERS, left_out, parse_auth
from vpn.config.options import Compression
from vpn.crypto.ciphers import DATA_CIPHERS as IMPLEMENTED


def test_every_cipher_that_may_be_configured_is_there():
    assert set(DATA_CIPHERS) == set(IMPLEMENTED)


def test_ciphers_that_are_known_elsewhere_are_left_out_aloud():
    options = client("data-ciphers AES-256-GCM:?vollbit:AES-128-GCM:ARIA-256-CBC")
    assert options.data.data_ciphers == ("AES-256-GCM", "AES-128-GCM")
    assert any("ARIA-256-CBC left out" in text for text in options.warnings)


@pytest.mark.parametrize(
    ("text", "ciphers"),
    [
        ("ChaCha20-Poly1305", ("CHACHA20-POLY1305",)),
        ("id-aes128-GCM", ("AES-128-GCM",)),
        ("AES-192-GCM:DEFAULT", ("AES-192-GCM", "AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305")),
        ("AES-128-GCM:aes-128-gcm", ("AES-128-GCM",)),
        ("aes-256-cbc:BF-CBC:None", ("AES-256-CBC", "BF-CBC", "none")),
    ],
)
def test_data_ciphers_are_written_as_they_are_negotiated(text, ciphers):
    assert client(f"data-ciphers {text}").data.data_ciphers == ciphers
    assert client(f"ncp-ciphers {text}").data.data_ciphers == ciphers


def test_cipher_of_an_old_configuration_is_not_negotiated():
    old = client("cipher AES-256-CBC")
    assert old.data.cipher == "AES-256-CBC"
    assert "AES-256-CBC" not in old.data.data_ciphers
    assert any(text.startswith("DEPRECATED OPTION: test.conf:7: cipher") for text in old.warnings)


@pytest.mark.parametrize(
    ("line", "framing", "warned"),
    [
        ("comp-lzo no", Compression.LZO_STUB, False),
        ("comp-lzo", Compression.LZO, True),
        ("compress", Compression.STUB, False),
        ("compress stub", Compression.STUB, False),
        ("compress stub-v2", Compression.STUB_V2, False),
        ("compress lz4", Compression.LZ4, True),
        ("compress lz4-v2", Compression.LZ4_V2, True),
        ("compress lzo", Compression.LZO, True),
        ("comp-lzo adaptive", Compression.LZO, True),
        ("compress migrate", Compression.MIGRATE, False),
    ],
)
def test_compression_by_name(line, framing, warned):
    options = client(line)
    assert options.data.compression is framing
    assert any("Compression for receiving enabled" in text for text in options.warnings) is warned


@pytest.mark.parametrize(
    ("lines", "allows"),
    [
        ("", False),
        ("comp-lzo no", False),
        ("comp-lzo yes", True),
        ("allow-compression", True),
        ("allow-compression asym", True),
        ("allow-compression yes\ncompress", True),
        ("allow-compression no", False),
    ],
)
def test_a_server_may_switch_compression_on(lines, allows):
    assert client(lines).data.allows_compression is allows


@pytest.mark.parametrize(
    ("lines", "warned"),
    [
        ("data-ciphers none", ["cipher 'none' specified"]),
        ("auth none", ["'--auth none' was specified"]),
        ("data-ciphers AES-256-CBC\nauth SHA256", []),
    ],
)
def test_what_protects_nothing_is_warned_about(lines, warned):
    texts = [text for text in client(lines).warnings if "none'" in text]
    assert [part for text in texts for part in warned if part in text] == warned
    assert len(texts) == len(warned)


def test_what_is_left_out_is_known_by_name():
    assert left_out(("AES-256-GCM:ARIA-256-CBC:?foo:DES-CBC",)) == ["ARIA-256-CBC", "DES-CBC"]


@pytest.mark.parametrize(
    ("word", "name"),
    [("sha256", "SHA256"), ("RSA-SHA512", "SHA512"), ("none", "none"), ("[null-digest]", "none")],
)
def test_digests_have_one_spelling(word, name):
    assert parse_auth((word,)) == name
