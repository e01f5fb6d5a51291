"""What the commands print that only show."""

from __future__ import annotations

import pytest

from vpn.cli import main
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.system import show


@pytest.mark.shows(
    "show-ciphers", "show-digests", "show-tls", "show-groups", "show-curves", "test-crypto"
)
@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("show-ciphers", "AES-256-GCM  (256 bit key, 128 bit block, TLS client/server mode only)"),
        ("show-digests", "SHA256 256 bit digest size"),
        ("show-digests", "SHA512-256 256 bit digest size"),
        ("show-tls", "TLS_AES_256_GCM_SHA384"),
        ("show-groups", "X25519"),
        ("show-curves", "secp384r1"),
        ("test-crypto", "Crypto self-test mode SUCCEEDED."),
    ],
)
def test_a_command_prints_its_list(command, line, capsys):
    assert main([f"--{command}"]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_every_cipher_is_shown():
    text = show.text("show-ciphers")
    assert all(f"\n{name}  (" in text for name in DATA_CIPHERS if name != "none")


def test_another_command_is_none():
    assert main(["--show-everything"]) == 1
