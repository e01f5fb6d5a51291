"""What a certificate is for: `remote-cert-ku` and `remote-cert-eku`."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from vpn.config.options import TlsOptions
from vpn.trace import NOTICE, PeerLog

BITS = (  # as OpenSSL counts them
    (0x80, "digital_signature"),
    (0x40, "content_commitment"),
    (0x20, "key_encipherment"),
    (0x10, "data_encipherment"),
    (0x08, "key_agreement"),
    (0x04, "key_cert_sign"),
    (0x02, "crl_sign"),
)
PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: ("TLS Web Server Authentication", "serverAuth"),
    ExtendedKeyUsageOID.CLIENT_AUTH: ("TLS Web Client Authentication", "clientAuth"),
    ExtendedKeyUsageOID.CODE_SIGNING: ("Code Signing", "codeSigning"),
    ExtendedKeyUsageOID.EMAIL_PROTECTION: ("E-mail Protection", "emailProtection"),
    ExtendedKeyUsageOID.TIME_STAMPING: ("Time Stamping", "timeStamping"),
    ExtendedKeyUsageOID.OCSP_SIGNING: ("OCSP Signing", "OCSPSigning"),
}


def check(certificate: x509.Certificate, tls: TlsOptions, log: PeerLog) -> str:
    """Why the certificate is refused; empty if it is not."""
    if tls.remote_cert_ku:
        if not _fits(key_usage(certificate), tls.remote_cert_ku):
            log.log(NOTICE, "VERIFY KU ERROR")
            return "certificate refused: its key usage is not one of remote-cert-ku"
        log.info("VERIFY KU OK")
    if tls.remote_cert_eku is not None:
        if tls.remote_cert_eku not in purposes(certificate):
            log.log(NOTICE, "VERIFY EKU ERROR")
            return f"certificate refused: not for {tls.remote_cert_eku}"
        log.info("VERIFY EKU OK")
    return ""


def _fits(bits: int | None, wanted: tuple[int, ...]) -> bool:
    return bits is not None and any(bits & one == one for one in wanted)


def key_usage(certificate: x509.Certificate) -> int | None:
    """The bits of the extension; None without it."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return sum(bit for bit, name in BITS if getattr(found, name))


def purposes(certificate: x509.Certificate) -> set[str]:
    """The extended usages by number and by name."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return set()
    return {name for oid in found for name in (oid.dotted_string, *PURPOSES.get(oid, ()))}
