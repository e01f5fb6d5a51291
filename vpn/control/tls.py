"""TLS over memory BIOs: records in, records out, nothing of sockets.

`bio_write` hands OpenSSL what came from the peer, `bio_read` takes what has to go there; between
them OpenSSL runs the handshake. [man: TLS mode options]
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto

from vpn.config.options import Options, TlsOptions
from vpn.control.certificate import CertificateCheck, subject_text
from vpn.errors import ConfigError, TlsError
from vpn.trace import NOTICE, PeerLog

log = logging.getLogger("vpn.control.tls")

VERSIONS = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}
# No static RSA, no DSS, no PSK; security level 1 is the stock program's `tls-cert-profile legacy`.
CIPHER_LIST = "DEFAULT:!EXP:!LOW:!MEDIUM:!kDH:!kECDH:!DSS:!PSK:!SRP:!kRSA:@SECLEVEL=1"
CRL_END = b"-----END X509 CRL-----"
READ_SIZE = 2**14


class TlsContext:
    """What all TLS sessions of one configuration share: certificates, versions, checks."""

    def __init__(self, options: Options, unix_time: float, *, is_server: bool) -> None:
        tls = options.tls
        self.is_server = is_server
        self._now = datetime.fromtimestamp(unix_time, UTC)
        self.check = CertificateCheck(tls)
        self.ssl = SSL.Context(SSL.TLS_METHOD)
        self.ssl.set_options(
            SSL.OP_NO_TICKET
            | SSL.OP_NO_COMPRESSION
            | SSL.OP_SINGLE_DH_USE
            | SSL.OP_NO_RENEGOTIATION
        )
        self.ssl.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self._set_versions(tls)
        self._set_ciphers(tls)
        self._load_own(tls)
        self._load_trusted(tls)

    def _set_versions(self, tls: TlsOptions) -> None:
        self.ssl.set_min_proto_version(VERSIONS[tls.tls_version_min])
        if tls.tls_version_max is not None:
            self.ssl.set_max_proto_version(VERSIONS[tls.tls_version_max])

    def _set_ciphers(self, tls: TlsOptions) -> None:
        try:
            self.ssl.set_cipher_list((tls.tls_cipher or CIPHER_LIST).encode())
            if tls.tls_ciphersuites is not None:
                names = tls.tls_ciphersuites.replace("-", "_")
                self.ssl.set_tls13_ciphersuites(names.encode())
        except SSL.Error:
            raise ConfigError(
                "no usable cipher suite in the list", directive="tls-cipher"
            ) from None

    def _load_own(self, tls: TlsOptions) -> None:
        if tls.cert is None or tls.key is None:
            return
        chain = _certificates(tls.cert, "cert")
        self._check_dates(chain[0])
        for extra in chain[1:] + _certificates(
            tls.extra_certs or b"", "extra-certs", required=False
        ):
            self.ssl.add_extra_chain_cert(extra)
        self.ssl.use_certificate(chain[0])
        try:
            key = load_pem_private_key(bytes(tls.key), password=None)
        except (ValueError, TypeError) as problem:
            raise ConfigError(f"cannot load the private key: {problem}", directive="key") from None
        if key.public_key() != chain[0].public_key():
            raise ConfigError(
                f'the private key does not match the certificate "{subject_text(chain[0])}" of '
                "cert; give the pair that was made together",
                directive="key",
            )
        self.ssl.use_privatekey(key)  # type: ignore[arg-type]

    def _check_dates(self, certificate: x509.Certificate) -> None:
        """No peer takes an expired certificate: say so here, where it can be mended."""
        until, since = certificate.not_valid_after_utc, certificate.not_valid_before_utc
        subject = subject_text(certificate)
        if until < self._now:
            raise ConfigError(
                f'the certificate "{subject}" expired on {until:%Y-%m-%d}; issue a new one',
                directive="cert",
            )
        if since > self._now:
            words = 'WARNING: Your certificate "%s" is not yet valid: check the clock'
            log.log(NOTICE, words, subject)

    def _load_trusted(self, tls: TlsOptions) -> None:
        store = self.ssl.get_cert_store()
        assert store is not None
        for authority in _certificates(tls.ca or b"", "ca", required=False):
            store.add_cert(crypto.X509.from_cryptography(authority))
            if self.is_server:
                self.ssl.add_client_ca(authority)
        if tls.crl_verify is not None:
            for revoked in _revocation_lists(tls.crl_verify):
                store.add_crl(revoked)
            store.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)


def _certificates(pem: bytes, directive: str, *, required: bool = True) -> list[x509.Certificate]:
    if not pem.strip() and not required:
        return []
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise ConfigError("no PEM certificate that can be read", directive=directive) from None


def _revocation_lists(pem: bytes) -> list[x509.CertificateRevocationList]:
    """One list for each authority of a chain may stand in the file."""
    blocks = [block + CRL_END for block in pem.split(CRL_END)[:-1]]
    try:
        lists = [x509.load_pem_x509_crl(block) for block in blocks]
    except ValueError:
        lists = []
    if not lists:
        raise ConfigError("no PEM revocation list that can be read", directive="crl-verify")
    return lists


class TlsEngine:
    """One TLS session of one negotiation."""

    def __init__(self, context: TlsContext, peer_log: PeerLog) -> None:
        self._log = peer_log
        self._connection = SSL.Connection(context.ssl, None)
        self._check = context.check
        self._failure = ""
        self.common_name = ""
        self.fingerprint = b""  # of the peer's certificate; empty if it showed none
        flags = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        if context.is_server and self._check.wants_client_certificate != "require":
            optional = self._check.wants_client_certificate == "optional"
            flags = SSL.VERIFY_PEER if optional else SSL.VERIFY_NONE
        self._connection.set_verify(flags, self._verify)
        if context.is_server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
        self.is_established = False

    def _verify(
        self, _: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
    ) -> bool:
        try:
            subject = certificate.to_cryptography()
            problem = self._check.check(subject, error, depth, bool(ok), self._log)
        except Exception as broken:  # anyone may send any bytes as a certificate
            self._log.log(NOTICE, "VERIFY ERROR: depth=%d, cannot be read: %s", depth, broken)
            problem = "certificate refused: it cannot be read"
        if problem:
            self._failure = problem
            return False
        if depth == 0:
            self.common_name = self._check.common_name(subject)
            self.fingerprint = subject.fingerprint(SHA256())
        return True

    def feed(self, data: bytes) -> None:
        """TLS bytes from the peer."""
        self._connection.bio_write(data)

    def advance(self) -> None:
        """Go on with the handshake as far as the bytes here allow; TlsError ends it."""
        if self.is_established:
            return
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as problem:
            raise TlsError(self._failure or _reason(problem)) from None
        self.is_established = True

    def read(self) -> bytes:
        """The plaintext of one record; empty if there is none."""
        try:
            return self._connection.recv(READ_SIZE)
        except SSL.WantReadError:
            return b""
        except SSL.ZeroReturnError:
            return b""
        except SSL.Error as problem:
            raise TlsError(_reason(problem)) from None

    def write(self, plaintext: bytes) -> None:
        """Send plaintext as one record (or more, if long)."""
        self._connection.sendall(plaintext)

    def take(self, size: int) -> bytes:
        """At most `size` TLS bytes for the peer; empty if there are none."""
        try:
            return self._connection.bio_read(size)
        except SSL.WantReadError:
            return b""

    def export(self, label: bytes, size: int) -> bytes:
        """Keying material, RFC 5705."""
        return self._connection.export_keying_material(label, size, None)

    def describe(self) -> str:
        """`TLSv1.3, cipher TLSv1.3 TLS_AES_256_GCM_SHA384, peer certificate: …` for the log."""
        version = self._connection.get_protocol_version_name()
        cipher_version = self._connection.get_cipher_version()
        text = f"{version}, cipher {cipher_version} {self._connection.get_cipher_name()}"
        certificate = self._connection.get_peer_certificate()
        if certificate is not None:
            text += (
                f", peer certificate: {CertificateCheck.describe(certificate.to_cryptography())}"
            )
        return text


def _reason(problem: SSL.Error) -> str:
    """OpenSSL's own words for an error."""
    if problem.args and problem.args[0]:
        return "; ".join(str(entry[-1]) for entry in problem.args[0])
    return "TLS connection closed"
