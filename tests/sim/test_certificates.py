"""Certificates over a tunnel's life: revoked while it runs; a failure that ends the client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.sim.credentials import authority, client_credentials
from tests.sim.pair import Pair, client_options, server_options
from vpn.events import Exiting, PeerLeft


def crl(*serials: int) -> bytes:
    """A list of the simulator's authority."""
    key, certificate = authority("Test-CA")
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now)
        .next_update(now + timedelta(days=1))
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def test_who_is_revoked_while_connected_leaves_at_the_renegotiation():
    pair = Pair(client=client_options(tls__reneg_sec=0), server=server_options(tls__reneg_sec=20))
    assert pair.connect(10)
    own = x509.load_pem_x509_certificate(client_credentials("Test-Client")["cert"])
    lists = [crl(own.serial_number)]
    hooks = pair.server.core._newcomers._sessions._tls._hooks
    hooks.revocations = lambda: lists.pop() if lists else None
    assert pair.drive(lambda: bool(pair.server.saw(PeerLeft)), 60)


@pytest.mark.shows("tls-exit")
def test_a_failed_handshake_ends_a_client_that_asked_for_it():
    revoked = x509.load_pem_x509_certificate(server_options().tls.cert).serial_number
    pair = Pair(client=client_options(tls__tls_exit=True, tls__crl_verify=crl(revoked)))
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 60)
    assert pair.client.saw(Exiting)[0].reason == "tls-error"
    assert pair.client.attempts == 1
