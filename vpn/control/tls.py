"""TLS over memory BIOs: records in, records out, nothing of sockets.

`bio_write` hands OpenSSL what came from the peer, `bio_read` takes what has to go there; between
them OpenSSL runs the handshake. [man: TLS mode options]
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL, crypto

from vpn.config.options import Options
from vpn.control import ciphers
from vpn.control.certificate import CertificateCheck
from vpn.control.identity import certificates, own_identity
from vpn.errors import ConfigError, TlsError
from vpn.hooks import Hooks, NullHooks
from vpn.trace import NOTICE, PeerLog

log = logging.getLogger("vpn.control.tls")

KEY_LOG_WARNING = (
    "WARNING: key-log is on: the secrets of every TLS session are written to %s. Who reads it can "
    "read the control channel and, with it, the tunnel. Never use this but in a lab."
)
CRL_END = b"-----END X509 CRL-----"
READ_SIZE = 2**14


class TlsContext:
    """What all TLS sessions of one configuration share: certificates, versions, checks."""

    def __init__(
        self,
        options: Options,
        unix_time: float,
        *,
        is_server: bool,
        hooks: Hooks | None = None,
    ) -> None:
        self._tls = options.tls
        self.is_server = is_server
        self._hooks = hooks or NullHooks()
        self.check = CertificateCheck(options.tls, self._hooks)
        self._identity = own_identity(options.tls, datetime.fromtimestamp(unix_time, UTC))
        if options.process.key_log is not None:
            log.error(KEY_LOG_WARNING, options.process.key_log)
        self._has_key_log = options.process.key_log is not None
        self.ssl = self._made(options.tls.crl_verify)

    def refresh(self) -> None:
        """Read the revocation list again if it has changed, for the sessions from now on."""
        pem = self._hooks.revocations()
        if pem is None:
            return
        try:
            self.ssl = self._made(pem)
        except ConfigError:
            path = self._tls.revocations.path
            log.warning("CRL: cannot read CRL from file %s: the one before stays", path)

    def _made(self, revoked: bytes | None) -> SSL.Context:
        tls = self._tls
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_options(
            SSL.OP_NO_TICKET
            | SSL.OP_NO_COMPRESSION
            | SSL.OP_SINGLE_DH_USE
            | SSL.OP_NO_RENEGOTIATION
        )
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        ciphers.allow(context, tls)
        self._load_own(context)
        self._load_trusted(context, None if tls.revocations.is_directory else revoked)
        if self._has_key_log:
            context.set_keylog_callback(lambda _, line: self._hooks.log_key(line.decode()))
        return context

    def _load_own(self, context: SSL.Context) -> None:
        if (own := self._identity) is None:
            return
        try:
            for extra in own.chain:
                context.add_extra_chain_cert(extra)
            context.use_certificate(own.certificate)
            context.use_privatekey(own.key)  # type: ignore[arg-type]
        except SSL.Error as problem:
            words = f"not allowed by tls-cert-profile: {_reason(problem)}"
            raise ConfigError(words, directive="cert") from None

    def _load_trusted(self, context: SSL.Context, revoked: bytes | None) -> None:
        store, tls = context.get_cert_store(), self._tls
        assert store is not None
        bundled = self._identity.authorities if self._identity else ()
        for authority in (*certificates(tls.ca, "ca"), *bundled):
            store.add_cert(crypto.X509.from_cryptography(authority))
            if self.is_server:
                context.add_client_ca(authority)
        if tls.capath is not None:
            context.load_verify_locations(None, tls.capath)
        if revoked is not None:
            for each in _revocation_lists(revoked):
                store.add_crl(each)
            store.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)


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
        context.refresh()
        self._log = peer_log
        self._connection = SSL.Connection(context.ssl, None)
        self._check = context.check
        self._failure = ""
        self.common_name = ""
        self.fingerprint = b""  # of the peer's certificate; empty if it showed none
        self._chain: list[tuple[x509.Certificate, int]] = []  # of the peer's, with their depths
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
        self._has_output = True  # maybe: asked in vain, OpenSSL answers with a costly exception

    def _verify(
        self, _: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
    ) -> bool:
        try:
            subject = certificate.to_cryptography()
            problem = self._check.check(
                subject, error, depth, bool(ok), self._log, lambda: self.environment
            )
        except Exception as broken:  # anyone may send any bytes as a certificate
            self._log.log(NOTICE, "VERIFY ERROR: depth=%d, cannot be read: %s", depth, broken)
            problem = "certificate refused: it cannot be read"
        if problem:
            self._failure = problem
            return False
        self._chain.append((subject, depth))
        if depth == 0:
            self.common_name = self._check.common_name(subject)
            self.fingerprint = subject.fingerprint(SHA256())
        return True

    @property
    def environment(self) -> dict[str, str]:
        """What scripts are told of the peer's certificates."""
        found: dict[str, str] = {}
        for certificate, depth in self._chain:
            found |= self._check.environment(certificate, depth)
        return found

    def feed(self, data: bytes) -> None:
        """TLS bytes from the peer."""
        self._connection.bio_write(data)

    def advance(self) -> None:
        """Go on with the handshake as far as the bytes here allow; TlsError ends it."""
        if self.is_established:
            return
        self._has_output = True
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as problem:
            raise TlsError(self._failure or _reason(problem)) from None
        self.is_established = True

    def read(self) -> bytes:
        """The plaintext of one record; empty if there is none."""
        self._has_output = True
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
        self._has_output = True
        self._connection.sendall(plaintext)

    def take(self, size: int) -> bytes:
        """At most `size` TLS bytes for the peer; empty if there are none."""
        if not self._has_output:
            return b""
        try:
            return self._connection.bio_read(size)
        except SSL.WantReadError:
            self._has_output = False
            return b""

    def export(self, label: bytes, size: int) -> bytes:
        """Keying material, RFC 5705."""
        return self._connection.export_keying_material(label, size, None)

    def __str__(self) -> str:
        """`TLSv1.3, cipher TLSv1.3 TLS_AES_256_GCM_SHA384, peer certificate: …` for the log.

        The log asks for it when the packets are on their way.
        """
        version = self._connection.get_protocol_version_name()
        cipher_version = self._connection.get_cipher_version()
        text = f"{version}, cipher {cipher_version} {self._connection.get_cipher_name()}"
        if self._chain:
            text += f", peer certificate: {CertificateCheck.describe(self._chain[-1][0])}"
        return text


def _reason(problem: SSL.Error) -> str:
    """OpenSSL's own words for an error."""
    if problem.args and problem.args[0]:
        return "; ".join(str(entry[-1]) for entry in problem.args[0])
    return "TLS connection closed"
