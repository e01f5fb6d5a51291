"""A lab's keys: where they lie, and who can read them."""

from __future__ import annotations

from cryptography import x509

from labs import pki


def test_each_end_gets_its_own_files_that_no_one_else_can_read(tmp_path):
    pki.make(tmp_path, ["server"], ["client", "laptop"])
    for name in ("server", "client", "laptop"):
        end = tmp_path / "vpn" / name
        assert {path.name for path in end.iterdir()} == {
            "ca.crt", f"{name}.crt", f"{name}.key", "ta.key", "tls-crypt.key", "tls-crypt-v2.key",
        }  # fmt: skip
        assert all(path.stat().st_mode & 0o077 == 0 for path in end.rglob("*.key"))
        certificate = x509.load_pem_x509_certificate((end / f"{name}.crt").read_bytes())
        assert f"CN={name}" in certificate.subject.rfc4514_string()


def test_static_keys_are_shared_by_the_ends(tmp_path):
    pki.make(tmp_path, ["server"], ["client"])
    for key in ("ta.key", "tls-crypt.key"):
        server, client = (
            (tmp_path / "vpn" / end / key).read_text() for end in ("server", "client")
        )
        assert server == client
    assert (tmp_path / "vpn/server/ta.key").read_text() != server


def test_a_certificate_for_anything_is_signed_and_says_no_use(tmp_path):
    pki.make(tmp_path, ["server"], [])
    pem, key = pki.for_anything(tmp_path / "pki", "somebody")
    certificate = x509.load_pem_x509_certificate(pem)
    issuer = x509.load_pem_x509_certificate((tmp_path / "pki" / "ca.crt").read_bytes())
    certificate.verify_directly_issued_by(issuer)
    assert not list(certificate.extensions)
    assert b"PRIVATE KEY" in key
