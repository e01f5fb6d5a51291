"""Checks on the peer's certificate beyond the chain: usage, name, and the lines the log shows.

[man: --remote-cert-tls, --verify-x509-name]
"""

from __future__ import annotations

from functools import partial

from cryptography import x509
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vpn.config.options import TlsOptions
from vpn.control import tracked, usage, username
from vpn.hooks import Environment, Hooks, NullHooks
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
WRONG_FINGERPRINT = (
    "TLS Error: --tls-verify/--peer-fingerprint certificate hash verification failed. "
    "(got certificate fingerprint: %s)"
)
DIGESTS = {"SHA1": SHA1, "SHA256": SHA256}
NO_CRL = 3  # X509_V_ERR_UNABLE_TO_GET_CRL
OPENSSL_CURVES = {"secp256r1": "prime256v1", "secp192r1": "prime192v1"}
SHORT_NAMES = {NameOID.EMAIL_ADDRESS: "emailAddress", NameOID.SERIAL_NUMBER: "serialNumber"}


def subject_text(certificate: x509.Certificate) -> str:
    """`C=KG, ST=NA, CN=Test-Server`: the subject in the order of the certificate."""
    return ", ".join(
        f"{SHORT_NAMES.get(part.oid, part.rfc4514_attribute_name)}={username.printable(part.value)}"
        for part in certificate.subject
    )


def common_name(certificate: x509.Certificate) -> str:
    """The last CN of the subject; empty if it has none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return username.printable(names[-1].value) if names else ""


class CertificateCheck:
    """The checks that one configuration asks for."""

    def __init__(self, tls: TlsOptions, hooks: Hooks | None = None) -> None:
        self._tls = tls
        self._hooks = hooks or NullHooks()
        self._usage = tls.remote_cert_tls
        tracked.check(tls.x509_track)
        self._name = tls.verify_x509_name
        self.wants_client_certificate = tls.verify_client_cert

    def check(
        self,
        certificate: x509.Certificate,
        error: int,
        depth: int,
        ok: bool,
        log: PeerLog,
        known: Environment = dict,
    ) -> str:
        """Why the certificate is refused; empty if it is not.

        known: what scripts are told of those above it.
        """
        subject = subject_text(certificate)
        ok = ok or self._trusts_fingerprint_alone()
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
                self._check_has_name(certificate, subject, log)
                or self._check_usage(certificate, log)
                or usage.check(certificate, self._tls, log)
                or self._check_name(certificate, subject, log)
            )
            if problem:
                return problem
        problem = self._check_fingerprint(certificate, depth, log) or self._ask(
            certificate, subject, depth, log, lambda: known() | self.environment(certificate, depth)
        )
        if problem:
            return problem
        log.info("VERIFY OK: depth=%d, %s", depth, subject)
        return ""

    def _trusts_fingerprint_alone(self) -> bool:
        """Without any authority the fingerprint says it all; anything else in a chain is idle."""
        tls = self._tls
        has_authority = tls.ca is not None or tls.capath is not None or tls.pkcs12 is not None
        return bool(tls.peer_fingerprints) and not has_authority

    def _check_fingerprint(self, certificate: x509.Certificate, depth: int, log: PeerLog) -> str:
        wanted = {0: self._tls.peer_fingerprints, 1: self._tls.verify_hashes}.get(depth, ())
        if not wanted or any(
            certificate.fingerprint(DIGESTS[one.algorithm]()) == one.digest for one in wanted
        ):
            return ""
        got = certificate.fingerprint(DIGESTS[wanted[0].algorithm]()).hex(":")
        log.log(NOTICE, WRONG_FINGERPRINT, got)
        return "certificate refused: its fingerprint is not the one that was named"

    def _ask(
        self, certificate: x509.Certificate, subject: str, depth: int, log: PeerLog,
        told: Environment,
    ) -> str:  # fmt: skip
        """The user's script, and the directory of what was revoked."""
        pem = partial(certificate.public_bytes, Encoding.PEM)
        if not self._hooks.tls_verify(depth, subject, told, pem):
            log.log(NOTICE, "VERIFY SCRIPT ERROR: depth=%d, %s", depth, subject)
            return "certificate refused: by tls-verify"
        if self._tls.revocations.is_directory and self._hooks.is_revoked(certificate.serial_number):
            text = "VERIFY CRL: depth=%d, %s, serial=%d is revoked"
            log.log(NOTICE, text, depth, subject, certificate.serial_number)
            return "certificate refused: certificate revoked"
        return ""

    def _check_has_name(self, certificate: x509.Certificate, subject: str, log: PeerLog) -> str:
        """A peer without a name of reasonable length can't be told from others."""
        if 0 < len(self.common_name(certificate)) <= MAX_NAME:
            return ""
        log.log(NOTICE, NO_NAME, subject, MAX_NAME)
        return "certificate refused: no usable CN"

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
        actual = subject if kind == "subject" else self.common_name(certificate)
        matches = actual.startswith(wanted) if kind == "name-prefix" else actual == wanted
        if not matches:
            log.log(NOTICE, "VERIFY X509NAME ERROR: %s, must be %s", actual, wanted)
            return f"certificate refused: name is {actual}, must be {wanted}"
        log.info("VERIFY X509NAME OK: %s", actual)
        return ""

    def common_name(self, certificate: x509.Certificate) -> str:
        """The name by which the peer is known [man: --x509-username-field]."""
        return "_".join(username.value(certificate, name) for name in self._tls.username_fields)

    def environment(self, certificate: x509.Certificate, depth: int) -> dict[str, str]:
        """What scripts are told of a certificate."""
        serial = certificate.serial_number
        digits = f"{serial:x}"
        raw = bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))
        found = {
            f"tls_id_{depth}": subject_text(certificate),
            f"tls_serial_{depth}": str(serial),
            f"tls_serial_hex_{depth}": raw.hex(":"),
            f"tls_digest_{depth}": certificate.fingerprint(SHA1()).hex(":"),
            f"tls_digest_sha256_{depth}": certificate.fingerprint(SHA256()).hex(":"),
        }
        if self._tls.x509_track:
            return found | tracked.values(certificate, depth, self._tls.x509_track)
        for part in certificate.subject:
            name = SHORT_NAMES.get(part.oid, part.rfc4514_attribute_name)
            found[f"X509_{depth}_{name}"] = username.printable(part.value)
        return found

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


def error_text(error: int) -> str:
    """OpenSSL's words for a verification error: "certificate has expired"."""
    library, ffi = Binding.lib, Binding.ffi
    words = ffi.string(library.X509_verify_cert_error_string(error))
    return str(words.decode())
