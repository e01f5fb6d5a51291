"""Defaults of older versions: which version brings which."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import client
from vpn.errors import ConfigError

CIPHER = "cipher AES-256-CBC"


def defaults(lines: str) -> tuple[str, bool, str | None, str]:
    options = client(lines)
    data = options.data
    return (
        data.allow_compression,
        "AES-256-CBC" in data.data_ciphers,
        data.data_ciphers_fallback,
        options.tls.tls_version_min,
    )


@pytest.mark.shows("compat-mode")
@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.6.0", ("", False, None, "1.2")),
        ("2.5.9", ("asym", False, None, "1.2")),
        ("2.4.0", ("asym", True, None, "1.2")),
        ("2.3.7", ("asym", True, "AES-256-CBC", "1.2")),
        ("2.3.6", ("asym", True, "AES-256-CBC", "1.0")),
    ],
)
def test_each_version_has_its_defaults(version, expected):
    assert defaults(f"{CIPHER}\ncompat-mode {version}") == expected


def test_what_is_said_counts():
    lines = "compat-mode 2.3.0\ntls-version-min 1.3\ncompress stub\ndata-ciphers-fallback SM4-CBC"
    assert defaults(lines) == ("", False, "SM4-CBC", "1.3")


def test_the_oldest_had_blowfish_where_no_cipher_is_named():
    assert client("compat-mode 2.3.0").data.data_ciphers_fallback == "BF-CBC"


@pytest.mark.parametrize("version", ["2.4", "2.x.0", "latest", "2.4.0.1"])
def test_a_version_has_three_numbers(version):
    with pytest.raises(ConfigError, match="compat-mode: must be a version"):
        client(f"compat-mode {version}")
