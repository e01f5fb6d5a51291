"""What the doctor says when something is missing."""

from __future__ import annotations

import errno

import pytest

from netns import doctor


def test_a_tun_device_that_is_not_there(tmp_path):
    fact = doctor.tun_device(tmp_path / "tun")
    assert not fact.is_met
    assert "is not there" in fact.detail
    assert fact.fix


def test_a_tun_device_that_others_may_open(tmp_path, monkeypatch):
    def refuse(path, *_arguments):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    (tmp_path / "tun").touch(mode=0o600)
    monkeypatch.setattr(doctor.os, "open", refuse)
    fact = doctor.tun_device(tmp_path / "tun")
    assert not fact.is_met
    assert fact.fix == f"sudo chmod 0666 {tmp_path / 'tun'}"


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "apparmor"),
        ("kernel/unprivileged_userns_clone", "0", "unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "max_user_namespaces=10000"),
    ],
)
def test_the_setting_that_forbids_is_named(tmp_path, monkeypatch, name, value, word):
    monkeypatch.setattr(doctor, "_in_container", lambda: False)
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(f"{value}\n", encoding="ascii")
    assert word in doctor.namespaces_fix(tmp_path)


def test_a_container_is_told_how_to_be_started(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_in_container", lambda: True)
    assert "--cap-add SYS_ADMIN" in doctor.namespaces_fix(tmp_path)
