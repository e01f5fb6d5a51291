"""Checks on the peer's certificate beyond the chain: usage, name, and the lines the log shows.

[man: --remote-cert-tls, --verify-x509-name]
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vpn.config.options import TlsOptions
from vpn.trace import NOTICE, PeerLog

USAGES = {
    "server": (ExtendedKeyUsageOID.SERVER_AUTH, "TLS Web Server Authentication"),
    "client": (ExtendedKeyUsageOID.CLIENT_AUTH, "TLS Web Client Authentication"),
}
MAX_NAME = 64  # characters
NO_NAME = (
    "VERIFY ERROR: could not extract CN from X509 subject string ('%s') -- note that the field "
    "length is limited to %d characters"
)
NO_CRL = 3  # X509_V_ERR_UNABLE_TO_GET_CRL
OPENSSL_CURVES = {"secp256r1": "prime256v1", "secp192r1": "prime192v1"}
SHORT_NAMES = {NameOID.EMAIL_ADDRESS: "emailAddress", NameOID.SERIAL_NUMBER: "serialNumber"}


def _text(value: str | bytes) -> str:
    text = value if isinstance(value, str) else value.decode(errors="replace")
    return "".join(c if c.isprintable() else "_" for c in text)


def subject_text(certificate: x509.Certificate) -> str:
    """`C=KG, ST=NA, CN=Test-Server`: the subject in the order of the certificate."""
    return ", ".join(
        f"{SHORT_NAMES.get(part.oid, part.rfc4514_attribute_name)}={_text(part.value)}"
        for part in certificate.subject
    )


def common_name(certificate: x509.Certificate) -> str:
    """The last CN of the subject; empty if it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _text(names[-1].value) if names else ""


class CertificateCheck:
    """The checks that one configuration asks for."""

    def __init__(self, tls: TlsOptions) -> None:
        self._usage = tls.remote_cert_tls
        self._name = tls.verify_x509_name
        self.wants_client_certificate = tls.verify_client_cert

    def check(
        self, certificate: x509.Certificate, error: int, depth: int, ok: bool, log: PeerLog
    ) -> str:
        """Why the certificate is refused; empty if it is not."""
        subject = subject_text(certificate)
        if not ok and error == NO_CRL:  # the stock program too: one authority's list binds no other
            log.log(NOTICE, "VERIFY WARNING: depth=%d, %s: %s", depth, error_text(error), subject)
            return ""
        if not ok:
            words = error_text(error)
            log.log(
                NOTICE,
                "VERIFY ERROR: depth=%d, error=%s: %s, serial=%d",
                depth,
                words,
                subject,
                certificate.serial_number,
            )
            return f"certificate refused: {words}"
        if depth == 0:
            problem = (
                _check_has_name(certificate, subject, log)
                or self._check_usage(certificate, log)
                or self._check_name(certificate, subject, log)
            )
            if problem:
                return problem
        log.info("VERIFY OK: depth=%d, %s", depth, subject)
        return ""

    def _check_usage(self, certificate: x509.Certificate, log: PeerLog) -> str:
        if self._usage is None:
            return ""
        wanted, words = USAGES[self._usage]
        try:
            certificate.extensions.get_extension_for_class(x509.KeyUsage)
        except x509.ExtensionNotFound:
            log.log(NOTICE, "VERIFY KU ERROR")
            return "certificate refused: no key usage"
        log.info("VERIFY KU OK")
        try:
            usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            usages = None
        if usages is None or wanted not in usages:
            log.log(NOTICE, "VERIFY EKU ERROR")
            return f"certificate refused: not for {words}"
        log.info("VERIFY EKU OK")
        return ""

    def _check_name(self, certificate: x509.Certificate, subject: str, log: PeerLog) -> str:
        if self._name is None:
            return ""
        wanted, kind = self._name
        actual = subject if kind == "subject" else common_name(certificate)
        matches = actual.startswith(wanted) if kind == "name-prefix" else actual == wanted
        if not matches:
            log.log(NOTICE, "VERIFY X509NAME ERROR: %s, must be %s", actual, wanted)
            return f"certificate refused: name is {actual}, must be {wanted}"
        log.info("VERIFY X509NAME OK: %s", actual)
        return ""

    @staticmethod
    def common_name(certificate: x509.Certificate) -> str:
        """The name by which the peer is known."""
        return common_name(certificate)

    @staticmethod
    def describe(certificate: x509.Certificate) -> str:
        """`2048 bits RSA, signature: RSA-SHA256` and the like."""
        key = certificate.public_key()
        kind = type(key).__name__.replace("PublicKey", "").lstrip("_")
        if isinstance(key, rsa.RSAPublicKey):
            kind = f"{key.key_size} bits RSA"
        elif isinstance(key, ec.EllipticCurvePublicKey):
            curve = OPENSSL_CURVES.get(key.curve.name, key.curve.name)
            kind = f"{key.key_size} bits EC{curve}"
        return f"{kind}, signature: {certificate.signature_algorithm_oid._name}"


def _check_has_name(certificate: x509.Certificate, subject: str, log: PeerLog) -> str:
    """A peer without a name of reasonable length can't be told from others."""
    if 0 < len(common_name(certificate)) <= MAX_NAME:
        return ""
    log.log(NOTICE, NO_NAME, subject, MAX_NAME)
    return "certificate refused: no usable CN"


def error_text(error: int) -> str:
    """OpenSSL's words for a verification error: "certificate has expired"."""
    library, ffi = Binding.lib, Binding.ffi
    words = ffi.string(library.X509_verify_cert_error_string(error))
    return str(words.decode())
