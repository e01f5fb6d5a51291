"""The user's scripts behind the core's questions."""

from __future__ import annotations

import pytest

from vpn.config.certificate_arguments import RevocationSource
from vpn.config.options import Options, ProcessOptions, ScriptOptions, TlsOptions
from vpn.system.hooks import ShellHooks


@pytest.fixture
def script(tmp_path):
    """Make a script; a command that runs it."""

    def make(text: str) -> tuple[str, ...]:
        path = tmp_path / "script"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)
        return (str(path),)

    return make


@pytest.mark.parametrize(("name", "may"), [("alice", True), ("mallory", False)])
def test_a_script_sees_what_is_noted_in_a_key(script, name, may):
    command = script('[ "$metadata_type" = 0 ] && [ "$(cat "$metadata_file")" = alice ]')
    options = Options(scripts=ScriptOptions(security=2, tls_crypt_v2_verify=command))
    assert ShellHooks(options).tls_crypt_v2_verify(0, name.encode()) is may


def test_without_a_script_all_may():
    assert ShellHooks(Options()).tls_crypt_v2_verify(1, bytes(8))


@pytest.mark.parametrize(("name", "may"), [("Alice", True), ("Mallory", False)])
def test_a_script_is_asked_about_certificates(script, name, may):
    command = (*script('[ "$1 $2 $3" = "x 0 CN=Alice" ] && [ "$tls_serial_0" = 7 ]'), "x")
    options = Options(scripts=ScriptOptions(security=2, tls_verify=command))
    answer = ShellHooks(options).tls_verify(0, f"CN={name}", lambda: {"tls_serial_0": "7"}, bytes)
    assert answer is may


def test_a_list_is_read_again_when_it_has_changed(tmp_path):
    path = tmp_path / "crl.pem"
    path.write_bytes(b"first")
    hooks = ShellHooks(Options(tls=TlsOptions(revocations=RevocationSource(str(path)))))
    assert hooks.revocations() is None
    path.write_bytes(b"another")
    assert hooks.revocations() == b"another"
    assert hooks.revocations() is None
    path.unlink()
    assert hooks.revocations() is None


def test_a_file_named_after_a_serial_number_revokes(tmp_path):
    (tmp_path / "77").touch()
    hooks = ShellHooks(Options(tls=TlsOptions(revocations=RevocationSource(str(tmp_path), True))))
    assert [hooks.is_revoked(serial) for serial in (77, 78)] == [True, False]


def test_a_log_of_keys_is_for_its_owner(tmp_path):
    path = tmp_path / "keys"
    hooks = ShellHooks(Options(process=ProcessOptions(key_log=str(path))))
    hooks.log_key("CLIENT_RANDOM 00 01")
    hooks.log_key("CLIENT_RANDOM 02 03")
    assert path.read_text() == "CLIENT_RANDOM 00 01\nCLIENT_RANDOM 02 03\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.shows("tls-export-cert")
def test_a_script_reads_the_certificate_in_a_file(script, tmp_path):
    command = script('cat "$peer_cert" > "${0%script}seen"')
    directory = tmp_path / "certificates"
    directory.mkdir()
    options = Options(
        scripts=ScriptOptions(security=2, tls_verify=command),
        tls=TlsOptions(export_cert=str(directory)),
    )
    assert ShellHooks(options).tls_verify(0, "CN=x", dict, lambda: b"the certificate")
    assert (tmp_path / "seen").read_bytes() == b"the certificate"
    assert not list(directory.iterdir())
