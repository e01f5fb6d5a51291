"""Single attributes of a certificate."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.x509.oid import NameOID

from tests.unit.vpn.control.test_certificate import SERVER, certificate
from vpn.config.options import TlsOptions
from vpn.control import tracked
from vpn.control.certificate import CertificateCheck
from vpn.errors import ConfigError

PARTS = ((NameOID.COMMON_NAME, "first"), (NameOID.COMMON_NAME, "second"))


def environment(depth: int, *words: str) -> dict[str, str]:
    check = CertificateCheck(TlsOptions(x509_track=words))
    found = check.environment(certificate(SERVER), depth)
    return {name: value for name, value in found.items() if name.startswith("X509_")}


@pytest.mark.shows("x509-track")
@pytest.mark.parametrize(
    ("words", "own", "of_chain"),
    [
        (("CN",), {"CN": "Test-Server"}, {}),
        (("+CN", "ST"), {"CN": "Test-Server", "ST": "NA"}, {"CN": "Test-Server"}),
        (("emailAddress",), {"emailAddress": "me@example.net"}, {}),
        (("keyUsage",), {"keyUsage": "Digital Signature"}, {}),
        (
            ("extendedKeyUsage", "O"),
            {"extendedKeyUsage": "TLS Web Server Authentication"},
            {},
        ),
    ],
)
def test_what_is_tracked_and_nothing_else(words, own, of_chain):
    assert environment(0, *words) == {f"X509_0_{name}": own[name] for name in own}
    assert environment(1, *words) == {f"X509_1_{name}": of_chain[name] for name in of_chain}


def test_without_the_directive_the_whole_subject():
    assert set(environment(1)) == {"X509_1_C", "X509_1_ST", "X509_1_CN", "X509_1_emailAddress"}


def test_of_several_parts_of_a_kind_the_first():
    found = tracked.values(certificate(parts=PARTS), 0, ("CN",))
    assert found == {"X509_0_CN": "first"}


def test_fingerprint():
    one = certificate()
    expected = one.fingerprint(SHA1()).hex(":").upper()
    assert tracked.values(one, 1, ("+SHA1",)) == {"X509_1_SHA1": expected}


def test_an_attribute_that_does_not_exist():
    with pytest.raises(ConfigError, match="no such attribute 'nonsense'"):
        tracked.check(("+CN", "nonsense"))
