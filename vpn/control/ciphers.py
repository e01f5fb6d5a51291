"""TLS algorithms: which the configuration allows, in OpenSSL's words [man: --tls-cipher]."""

from __future__ import annotations

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

from vpn.config.options import TlsOptions
from vpn.errors import ConfigError

VERSIONS = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
    "1.3": SSL.TLS1_3_VERSION,
}
# No static RSA, no DSS, no PSK.
CIPHER_LIST = "DEFAULT:!EXP:!LOW:!MEDIUM:!kDH:!kECDH:!DSS:!PSK:!SRP:!kRSA"
SUITE_B = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
LEVELS = {"insecure": 0, "legacy": 1, "preferred": 2, "suiteb": 3}  # of tls-cert-profile
OLD_NAMES = {"secp256r1": "prime256v1", "secp192r1": "prime192v1"}


def allow(context: SSL.Context, tls: TlsOptions) -> None:
    """Set versions, cipher suites, groups and the weakest keys that certificates may have."""
    context.set_min_proto_version(VERSIONS[tls.tls_version_min])
    if tls.tls_version_max is not None:
        context.set_max_proto_version(VERSIONS[tls.tls_version_max])
    try:
        context.set_cipher_list(cipher_list(tls).encode())
    except SSL.Error:
        raise ConfigError("no usable cipher suite in the list", directive="tls-cipher") from None
    if tls.tls_ciphersuites is not None:
        try:
            context.set_tls13_ciphersuites(tls.tls_ciphersuites.replace("-", "_").encode())
        except SSL.Error:
            words = "no usable cipher suite in the list"
            raise ConfigError(words, directive="tls-ciphersuites") from None
    if tls.tls_groups is not None:
        _set_groups(context, tls.tls_groups)


def cipher_list(tls: TlsOptions) -> str:
    """OpenSSL's list: names of the standard have underscores there."""
    names = tls.tls_cipher or (SUITE_B if tls.tls_cert_profile == "suiteb" else CIPHER_LIST)
    words = [
        word.replace("-", "_") if word.startswith("TLS-") else word for word in names.split(":")
    ]
    if tls.is_server and tls.dh is None:
        words.append("!kDHE")  # with parameters, OpenSSL takes those of RFC 7919 that fit the key
    if "@SECLEVEL" not in names:  # what the configuration asks for counts
        words.append(f"@SECLEVEL={LEVELS[tls.tls_cert_profile]}")
    return ":".join(words)


def _set_groups(context: SSL.Context, names: str) -> None:
    text = ":".join(OLD_NAMES.get(name, name) for name in names.split(":"))
    if Binding.lib.SSL_CTX_set1_curves_list(context._context, text.encode()) != 1:
        raise ConfigError(f'"{names}" has a group that is not known', directive="tls-groups")
