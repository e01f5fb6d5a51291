"""remote-cert-ku and remote-cert-eku."""

from __future__ import annotations

import pytest

from tests.unit.vpn.control.ends import context, shake_hands
from vpn.errors import TlsError

# the server's certificate has digitalSignature and keyAgreement, and serverAuth
FITS = [
    {"remote_cert_ku": (0,)},
    {"remote_cert_ku": (0xA0, 0x88)},
    {"remote_cert_eku": "TLS Web Server Authentication"},
    {"remote_cert_eku": "serverAuth"},
    {"remote_cert_eku": "1.3.6.1.5.5.7.3.1"},
]
DOES_NOT = [
    {"remote_cert_ku": (0xA0,)},
    {"remote_cert_eku": "TLS Web Client Authentication"},
    {"remote_cert_eku": "1.2.3"},
]


@pytest.mark.parametrize("tls", FITS)
def test_what_fits(tls):
    client, _ = shake_hands(context("client", **tls), context("server"))
    assert client.is_established


@pytest.mark.parametrize("tls", DOES_NOT)
def test_what_does_not(tls):
    with pytest.raises(TlsError, match=r"certificate refused: (its key usage|not for)"):
        shake_hands(context("client", **tls), context("server"))
