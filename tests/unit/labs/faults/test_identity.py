"""What faults of identity make and take away: nothing of the lab's own is touched."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from cryptography import x509

from labs import pki
from labs.faults.identity import FAULTS, authority_of, certificate


@pytest.fixture
def lab(tmp_path):
    pki.make(tmp_path, ["server"], ["client"])
    ends = [
        SimpleNamespace(name=name, role=name, directory=tmp_path / "vpn" / name)
        for name in ("server", "client")
    ]
    return SimpleNamespace(
        sandbox=SimpleNamespace(directory=tmp_path), ends=ends, server=ends[0], client=ends[1]
    )


def content(lab):
    root = lab.sandbox.directory
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_healing_leaves_every_byte_as_it_was(lab, fault):
    before = content(lab)
    fault.inject(lab)
    added = content(lab).keys() - before.keys()
    assert all(fault.name in path.parts for path in added)
    assert before.items() <= content(lab).items()
    fault.heal(lab)
    assert content(lab) == before


def test_a_certificate_of_another_time_has_the_ends_own_name(lab):
    files = certificate("client", starts_in=10)(lab)
    (mine,) = x509.load_pem_x509_certificates(files["own.crt"])
    (own,) = x509.load_pem_x509_certificates((lab.client.directory / "client.crt").read_bytes())
    assert (mine.subject, mine.issuer) == (own.subject, own.issuer)
    assert (mine.not_valid_before_utc - own.not_valid_before_utc).days >= 9


def test_the_copy_of_the_authority_signs_with_the_labs_key(lab):
    with authority_of(lab) as copy:
        assert copy.certificate == (lab.client.directory / "ca.crt").read_bytes()
