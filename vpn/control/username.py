"""A peer's name, from whichever field of its certificate [man: --x509-username-field]."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

NAMES = {
    "CN": NameOID.COMMON_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "C": NameOID.COUNTRY_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "UID": NameOID.USER_ID,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "SN": NameOID.SURNAME,
    "GN": NameOID.GIVEN_NAME,
    "title": NameOID.TITLE,
}
SUBJECT_ALT_NAME, ISSUER_ALT_NAME = "ext:subjectAltName", "ext:issuerAltName"
THE_CERTIFICATES_SERIAL = "serialNumber"


def printable(value: str | bytes) -> str:
    """What does not print becomes an underscore."""
    text = value if isinstance(value, str) else value.decode(errors="replace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "_" for c in text)


def value(certificate: x509.Certificate, field: str) -> str:
    """The last value of a field; empty if it has none."""
    if field == THE_CERTIFICATES_SERIAL:
        digits = f"{certificate.serial_number:X}"
        return "0x" + digits.zfill(len(digits) + len(digits) % 2)
    if field == SUBJECT_ALT_NAME:
        return _email(certificate, x509.SubjectAlternativeName)
    if field == ISSUER_ALT_NAME:
        return _email(certificate, x509.IssuerAlternativeName)
    oid = NAMES.get(field) or NAMES.get(field.upper())
    if oid is None:
        return ""
    found = certificate.subject.get_attributes_for_oid(oid)
    return printable(found[-1].value) if found else ""


def _email(
    certificate: x509.Certificate,
    kind: type[x509.SubjectAlternativeName | x509.IssuerAlternativeName],
) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return ""
    found = names.get_values_for_type(x509.RFC822Name)
    return printable(found[0]) if found else ""
