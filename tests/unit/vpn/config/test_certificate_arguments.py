"""Arguments about certificates, and what is no such argument."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import client, configured, server
from vpn.config.certificate_arguments import Fingerprint, RevocationSource
from vpn.errors import ConfigError

HASH = ":".join(["AB"] * 32)


def test_fingerprints_by_line_and_in_a_block():
    text = (
        f"peer-fingerprint {HASH}\n<peer-fingerprint>\n# ours\n{HASH.lower()}\n</peer-fingerprint>"
    )
    assert client(text).tls.peer_fingerprints == (Fingerprint(b"\xab" * 32, "SHA256"),) * 2


def test_hashes():
    assert client("verify-hash " + ":".join(["01"] * 20)).tls.verify_hashes == (
        Fingerprint(b"\1" * 20, "SHA1"),
    )
    assert client(f"verify-hash {HASH} sha256").tls.verify_hashes[0].algorithm == "SHA256"


def test_usages_and_names():
    tls = server("remote-cert-ku a0 88\nx509-username-field emailAddress CN").tls
    assert tls.remote_cert_ku == (0xA0, 0x88)
    assert tls.username_fields == ("emailAddress", "CN")
    assert client("remote-cert-ku").tls.remote_cert_ku == (0,)


def test_a_directory_of_revoked_ones_is_not_read():
    text = "crl-verify revoked dir"
    assert client(text).tls.revocations == RevocationSource("revoked", True)
    assert client("<crl-verify>\nx\n</crl-verify>").tls.revocations == RevocationSource()


@pytest.mark.parametrize(
    "line",
    [
        "peer-fingerprint AB:CD",
        "peer-fingerprint XY",
        "verify-hash AB md5",
        "remote-cert-ku xyz",
        "x509-username-field ext:other",
        "tls-cert-profile strong",
    ],
)
def test_what_is_no_argument(line):
    with pytest.raises(ConfigError, match=f"test.conf:[0-9]+: {line.split()[0]}: "):
        client(line)


def test_ecdh_curve_is_a_name_for_tls_groups():
    assert client("ecdh-curve X25519").tls.tls_groups == "X25519"
    assert client("tls-groups X25519:P-256").tls.tls_groups == "X25519:P-256"


def test_a_fingerprint_or_a_bundle_stands_for_ca():
    base = "client\nremote vpn.example\ndev tun\n"
    own = "<cert>\nx\n</cert>\n<key>\nx\n</key>\n"
    assert configured(f"{base}{own}peer-fingerprint {HASH}\n").tls.ca is None
    assert configured(f"{base}<pkcs12>\nx\n</pkcs12>\n").tls.cert is None
    with pytest.raises(ConfigError, match="ca is missing"):
        configured(base + own)
