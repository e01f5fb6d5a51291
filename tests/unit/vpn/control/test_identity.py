"""Our own certificate: from PEM, from a bundle, under a password, and what is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from tests.sim.credentials import authority
from tests.unit.vpn.control.ends import CLIENT, context, shake_hands
from vpn.config.options import Secret, TlsOptions
from vpn.control.identity import own_identity
from vpn.errors import ConfigError

NOW = datetime.now(UTC)
PASSWORD = b"quiet"
LOCK = BestAvailableEncryption(PASSWORD)
KEY = load_pem_private_key(bytes(CLIENT["key"]), None)
OWN = x509.load_pem_x509_certificate(CLIENT["cert"])
LOCKED = Secret(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, LOCK))
BUNDLE = Secret(serialize_key_and_certificates(b"me", KEY, OWN, [authority("Test-CA")[1]], LOCK))
FILE = Secret(PASSWORD + b"\n")


@pytest.mark.shows("askpass")
def test_a_locked_key_is_opened_with_the_password():
    client = context("client", key=LOCKED, askpass=FILE)
    _, server = shake_hands(client, context("server"))
    assert server.common_name == "Test-Client"


@pytest.mark.parametrize("askpass", [None, Secret(b"loud")])
def test_without_it_the_key_is_no_use(askpass):
    with pytest.raises(ConfigError, match=r"^key: cannot load the private key"):
        own_identity(TlsOptions(**{**CLIENT, "key": LOCKED, "askpass": askpass}), NOW)


@pytest.mark.shows("pkcs12")
@pytest.mark.parametrize(
    "bundle", [BUNDLE, Secret(base64.encodebytes(BUNDLE))], ids=["file", "block"]
)
def test_a_bundle_has_it_all(bundle):
    client = context("client", ca=None, cert=None, key=None, pkcs12=bundle, askpass=FILE)
    ends = shake_hands(client, context("server"))
    assert [end.common_name for end in ends] == ["Test-Server", "Test-Client"]


def test_a_bundle_beside_ca_trusts_only_that():
    identity = own_identity(TlsOptions(ca=CLIENT["ca"], pkcs12=BUNDLE, askpass=FILE), NOW)
    assert (identity.chain, identity.authorities) == ((authority("Test-CA")[1],), ())


@pytest.mark.parametrize("bundle", [b"?", b"\x30", BUNDLE], ids=["text", "cut off", "encrypted"])
def test_a_bundle_that_can_not_be_opened(bundle):
    with pytest.raises(ConfigError, match=r"^pkcs12: "):
        own_identity(TlsOptions(pkcs12=Secret(bundle)), NOW)


@pytest.mark.shows("extra-certs")
def test_extra_certificates_are_sent():
    identity = own_identity(TlsOptions(**CLIENT, extra_certs=CLIENT["ca"]), NOW)
    assert identity.chain == (authority("Test-CA")[1],)
