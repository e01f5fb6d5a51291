"""Directives about the two channels: TLS [man: tls-options], ciphers [man: cipher-negotiation]."""

# ruff: noqa: RUF009 - opt() answers a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass

from vpn.config.arguments import (
    choice,
    number,
    numbers,
    parse_max_packet_size,
    parse_reneg_sec,
    parse_tls_version,
    parse_verify_x509_name,
    text,
)
from vpn.config.certificate_arguments import (
    DEFAULT_USERNAME_FIELDS,
    Fingerprint,
    RevocationSource,
    parse_cookie,
    parse_key_usages,
    parse_peer_fingerprint,
    parse_revocations,
    parse_username_fields,
    parse_verify_hash,
)
from vpn.config.cipher_arguments import (
    DEFAULT_DATA_CIPHERS,
    parse_allow_compression,
    parse_auth,
    parse_cipher,
    parse_comp_lzo,
    parse_compat_mode,
    parse_compress,
    parse_data_ciphers,
)
from vpn.config.field import (
    CLIENT_TOO,
    CONFIG_OR_CLIENT,
    PER_CONNECTION,
    Alias,
    contents,
    flag,
    opt,
    opt_pair,
    opts,
    secret,
)
from vpn.config.values import Compression, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """The control channel. Files are here with their contents, never as paths."""

    is_client: bool = flag("tls-client")
    is_server: bool = flag("tls-server")
    ca: bytes | None = contents("ca")
    cert: bytes | None = contents("cert")
    key: Secret | None = secret("key")
    extra_certs: bytes | None = contents("extra-certs")
    dh: bytes | None = contents("dh", "FILE|none")
    crl_verify: bytes | None = contents(
        "crl-verify", "FILE|DIRECTORY [dir]", second=parse_revocations, also="revocations"
    )
    revocations: RevocationSource = RevocationSource()
    pkcs12: Secret | None = secret("pkcs12")
    askpass: Secret | None = secret("askpass")
    capath: str | None = opt("capath", text, "DIRECTORY", default=None)

    tls_auth: Secret | None = secret("tls-auth", "FILE [0|1]", scope=PER_CONNECTION)
    key_direction: int | None = opt(
        "key-direction", number(0, 1), "0|1", default=None, scope=PER_CONNECTION
    )
    tls_crypt: Secret | None = secret("tls-crypt", scope=PER_CONNECTION)
    tls_crypt_v2: Secret | None = secret(
        "tls-crypt-v2",
        "FILE [allow-noncookie|force-cookie]",
        scope=PER_CONNECTION,
        second=parse_cookie,
        also="tls_crypt_v2_cookie",
    )
    tls_crypt_v2_cookie: str = ""
    tls_crypt_v2_max_age: int | None = opt("tls-crypt-v2-max-age", number(1), "DAYS", default=None)

    static_key: Secret | None = secret("secret", "FILE [0|1]")
    allows_static_key: bool = flag("allow-deprecated-insecure-static-crypto")

    remote_cert_tls: str | None = opt(
        "remote-cert-tls", choice("client", "server"), "client|server", default=None
    )
    verify_x509_name: tuple[str, str] | None = opt(
        "verify-x509-name", parse_verify_x509_name, "NAME [subject|name|name-prefix]", default=None
    )
    verify_client_cert: str = opt(
        "verify-client-cert",
        choice("none", "optional", "require"),
        "none|optional|require",
        default="require",
    )
    tls_version_min: str = opt(
        "tls-version-min", parse_tls_version, "VERSION [or-highest]", default="1.2"
    )
    tls_version_max: str | None = opt("tls-version-max", parse_tls_version, "VERSION", default=None)
    tls_cipher: str | None = opt("tls-cipher", text, "LIST", default=None)
    tls_ciphersuites: str | None = opt("tls-ciphersuites", text, "LIST", default=None)
    tls_groups: str | None = opt(
        "tls-groups", text, "LIST", default=None, aliases=(Alias("ecdh-curve", text, "NAME"),)
    )
    tls_cert_profile: str = opt(
        "tls-cert-profile",
        choice("insecure", "legacy", "preferred", "suiteb"),
        "insecure|legacy|preferred|suiteb",
        default="legacy",
    )
    peer_fingerprints: tuple[Fingerprint, ...] = opts(
        "peer-fingerprint", parse_peer_fingerprint, "HASH"
    )
    verify_hashes: tuple[Fingerprint, ...] = opts(
        "verify-hash", parse_verify_hash, "HASH [SHA1|SHA256]"
    )
    remote_cert_ku: tuple[int, ...] = opt(
        "remote-cert-ku", parse_key_usages, "[BITS] ...", default=()
    )
    remote_cert_eku: str | None = opt("remote-cert-eku", text, "OID|NAME", default=None)
    username_fields: tuple[str, ...] = opt(
        "x509-username-field",
        parse_username_fields,
        "FIELD ...",
        default=DEFAULT_USERNAME_FIELDS,
    )
    x509_track: tuple[str, ...] = opts("x509-track", text, "[+]ATTRIBUTE")
    export_cert: str | None = opt("tls-export-cert", text, "DIRECTORY", default=None)

    hand_window: int = opt("hand-window", number(1), "SECONDS", default=60)
    tran_window: int = opt("tran-window", number(1), "SECONDS", default=3600)
    tls_timeout: int = opt("tls-timeout", number(1), "SECONDS", default=2)
    max_packet_size: int = opt(
        "max-packet-size", parse_max_packet_size, "BYTES", default=1250, scope=PER_CONNECTION
    )
    reneg_sec: int = opt_pair(
        "reneg-sec", parse_reneg_sec, "SECONDS [MIN]", default=3600, also="reneg_sec_min"
    )
    reneg_sec_min: int | None = None
    reneg_bytes: int | None = opt("reneg-bytes", number(0, 2**62), "BYTES", default=None)
    reneg_pkts: int = opt("reneg-pkts", number(0, 2**62), "PACKETS", default=0)
    tls_exit: bool = flag("tls-exit")
    single_session: bool = flag("single-session")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOptions:
    """The data channel: which ciphers may be negotiated, the framing, the replay window."""

    cipher: str | None = opt("cipher", parse_cipher, "NAME", default=None, scope=CONFIG_OR_CLIENT)
    data_ciphers: tuple[str, ...] = opt(
        "data-ciphers",
        parse_data_ciphers,
        "LIST",
        default=DEFAULT_DATA_CIPHERS,
        scope=CONFIG_OR_CLIENT,
        aliases=(Alias("ncp-ciphers", parse_data_ciphers, "LIST"),),
    )
    data_ciphers_fallback: str | None = opt(
        "data-ciphers-fallback", parse_cipher, "NAME", default=None, scope=CONFIG_OR_CLIENT
    )
    compat_mode: tuple[int, ...] = opt("compat-mode", parse_compat_mode, "VERSION", default=())
    auth: str = opt("auth", parse_auth, "DIGEST", default="SHA1")
    compression: Compression = opt(
        "comp-lzo",
        parse_comp_lzo,
        "[no|yes|adaptive]",
        default=Compression.NONE,
        scope=CLIENT_TOO,
        aliases=(Alias("compress", parse_compress, "[KIND]"),),
    )
    allow_compression: str = opt(
        "allow-compression", parse_allow_compression, "[no|asym|yes]", default=""
    )
    replay_window: tuple[int, int] = opt(
        "replay-window", numbers((64, 15), 65536), "PACKETS [SECONDS]", default=(64, 15)
    )
    mute_replay_warnings: bool = flag("mute-replay-warnings")

    @property
    def static_cipher(self) -> str:
        """The one of a static key, which can't be negotiated."""
        return self.cipher or "BF-CBC"

    @property
    def allows_compression(self) -> bool:
        """Was compression asked for by name, so that a server may switch it on?"""
        return self.allow_compression in ("asym", "yes") or self.compression.is_real
