"""What the doctor says of a machine that lacks something."""

from __future__ import annotations

import pytest

from labs import build, clock, doctor, reference
from labs.errors import LabError
from labs.settings import Settings


def test_missing_program_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(reference, "PATHS", "")
    assert doctor.program("nft", "nftables").fix == "sudo apt install nftables"
    with pytest.raises(LabError, match=r"ip: is not installed \(sudo apt install iproute2\)"):
        doctor.require(Settings())


def test_stock_program_is_needed_only_by_who_asks_for_it(monkeypatch):
    monkeypatch.setattr(reference, "PATHS", "")
    facts = [build.Fact("tun device", True, ""), doctor.stock()]
    assert not facts[-1].is_met
    assert doctor.is_well(facts)
    assert not doctor.is_well([build.Fact("tun device", False, "")])


def test_other_clocks_are_needed_only_by_who_asks_for_them(monkeypatch):
    monkeypatch.setattr(clock, "PLACES", ())
    fact = doctor.other_clocks()
    assert fact == build.Fact(
        "libfaketime",
        False,
        "is not installed; --speed and --clock need it",
        "sudo apt install libfaketime",
    )
    assert doctor.is_well([build.Fact("tun device", True, ""), fact])
    with pytest.raises(LabError, match="libfaketime: is not installed"):
        doctor.require(Settings.of(speed=2))
    with pytest.raises(LabError, match="libfaketime: is not installed"):
        doctor.require(Settings.of(clocks=["client=+1d"]))


def test_refused_user_namespaces_come_with_the_fix(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    error = build.NetnsError("cannot make sandbox x", "unshare: Operation not permitted")
    said = str(doctor.refused(error))
    assert said.startswith("user namespaces are refused: cannot make sandbox x: unshare: ")
    assert said.endswith(f"({build.namespaces_fix()})")
