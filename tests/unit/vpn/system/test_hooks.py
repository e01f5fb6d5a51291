"""The user's scripts behind the core's questions."""

from __future__ import annotations

import pytest

from vpn.config.options import Options, ScriptOptions
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
