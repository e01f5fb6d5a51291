"""TLS directives with the stock program at the other end: what they let in, and what not."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

PAIRS = (("ours", "openvpn"), ("openvpn", "ours"))  # client, server
ENDS = ("client", "server")
EACH = pytest.mark.parametrize("pair", PAIRS, ids="/".join)

AGREED = [
    ("tls-groups=X25519", "Control Channel: TLSv1.3"),
    ("tls-ciphersuites=TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
    ("tls-cert-profile=preferred", "Control Channel: TLS"),
    ("remote-cert-ku=80 88", "VERIFY KU OK"),
]


@pytest.mark.shows("tls-groups", "tls-ciphersuites", "remote-cert-ku")
@EACH
@pytest.mark.parametrize(("setting", "words"), AGREED, ids=[one for one, _ in AGREED])
def test_agreed(setting, words, tunnel, pair):
    lab = tunnel(*pair, setting)
    lab.client.process.wait_log(words)


@pytest.mark.shows("tls-cipher")
@EACH
def test_an_old_suite_by_its_standard_name(tunnel, pair):
    name = "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"
    lab = tunnel(*pair, f"tls-cipher={name}", "tls-version-max=1.2")
    lab.client.process.wait_log("ECDHE-ECDSA-AES256-GCM-SHA384")


def certificate(networks, name: str) -> x509.Certificate:
    path = networks.directory / "vpn" / name / f"{name}.crt"
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.mark.shows("peer-fingerprint")
@EACH
def test_a_fingerprint_instead_of_an_authority(networks, tunnel, pair):
    ends = {name: certificate(networks, name).fingerprint(SHA256()).hex(":") for name in ENDS}
    tunnel(
        *pair,
        *("-ca", f"client:peer-fingerprint={ends['server']}"),
        f"server:peer-fingerprint={ends['client']}",
    )


@pytest.mark.shows("crl-verify")
@EACH
def test_who_is_revoked_is_out_at_the_next_renegotiation(networks, tunnel, tmp_path, pair):
    lab = tunnel(*pair, f"server:crl-verify={tmp_path} dir", "client:reneg-sec=2")
    (tmp_path / str(certificate(networks, "client").serial_number)).touch()
    lab.server.process.wait_log("is revoked")
