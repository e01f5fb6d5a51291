"""TLS algorithms: each directive shows in what a handshake comes to, or in its failure."""

from __future__ import annotations

import pytest

from tests.unit.vpn.control.ends import context, shake_hands
from vpn.config.options import Secret, TlsOptions
from vpn.control.ciphers import cipher_list
from vpn.errors import ConfigError, TlsError
from vpn.pki.authority import Authority

SUITE = "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"


def agreed(**tls: object) -> str:
    client, _ = shake_hands(context("client", **tls), context("server"))
    return str(client)


@pytest.mark.shows("tls-cipher")
def test_a_suite_of_tls_1_2_by_either_name():
    for name in (SUITE, "ECDHE-ECDSA-AES128-GCM-SHA256"):
        assert "ECDHE-ECDSA-AES128-GCM-SHA256" in agreed(tls_cipher=name, tls_version_max="1.2")


def test_a_level_of_the_list_s_own_counts():
    assert cipher_list(TlsOptions(tls_cipher="DEFAULT:@SECLEVEL=0")) == "DEFAULT:@SECLEVEL=0"
    assert cipher_list(TlsOptions(tls_cipher="DEFAULT")) == "DEFAULT:@SECLEVEL=1"


@pytest.mark.shows("tls-ciphersuites")
def test_a_suite_of_tls_1_3():
    assert "TLS_CHACHA20_POLY1305_SHA256" in agreed(tls_ciphersuites="TLS-CHACHA20-POLY1305-SHA256")


@pytest.mark.shows("tls-version-min", "tls-version-max")
def test_versions():
    assert agreed(tls_version_max="1.2").startswith("TLSv1.2")
    with pytest.raises(TlsError, match=r"version|protocol"):
        shake_hands(
            context("client", tls_version_max="1.2"), context("server", tls_version_min="1.3")
        )


@pytest.mark.shows("tls-groups")
def test_groups():
    shake_hands(context("client", tls_groups="X25519"), context("server", tls_groups="X448:X25519"))
    with pytest.raises(TlsError, match=r"key share|handshake failure|group"):
        shake_hands(context("client", tls_groups="X25519"), context("server", tls_groups="X448"))


@pytest.fixture
def rsa(tmp_path):
    """Files of a server whose certificate goes with DHE suites."""
    authority = Authority.create(tmp_path / "pki", key_type="rsa")
    own = authority.issue("Test-Server", "server")
    return {"ca": authority.certificate, "cert": own.cert_pem, "key": Secret(own.key_pem)}


@pytest.mark.shows("dh")
def test_diffie_hellman_is_there_with_parameters_only(rsa):
    old = {"tls_cipher": "TLS-DHE-RSA-WITH-AES-256-GCM-SHA384", "tls_version_max": "1.2"}
    client = context("client", ca=rsa["ca"], cert=None, key=None, **old)
    server = {**rsa, "is_server": True, "verify_client_cert": "none"}
    with pytest.raises(TlsError, match="no shared cipher"):
        shake_hands(client, context("server", **server, dh=None))
    end, _ = shake_hands(client, context("server", **server, dh=b"PEM"))
    assert "DHE-RSA-AES256-GCM-SHA384" in str(end)


@pytest.mark.parametrize(
    ("directive", "tls"),
    [
        ("tls-cipher", {"tls_cipher": "NONE-SUCH"}),
        ("tls-ciphersuites", {"tls_ciphersuites": "NONE-SUCH"}),
        ("tls-groups", {"tls_groups": "NONE-SUCH"}),
    ],
)
def test_what_does_not_exist_is_named(directive, tls):
    with pytest.raises(ConfigError, match=f"^{directive}: "):
        context("client", **tls)


@pytest.mark.shows("tls-cert-profile")
def test_a_profile_refuses_weak_certificates():
    """P-256 is worth 128 bits: enough for `preferred`, and what Suite B wants as well."""
    assert agreed(tls_cert_profile="preferred")
    assert "ECDHE-ECDSA-AES" in agreed(tls_cert_profile="suiteb", tls_version_max="1.2")
