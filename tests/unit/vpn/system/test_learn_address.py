"""The script that is told of addresses."""

from __future__ import annotations

import pytest

from vpn.config.access_options import AccessOptions
from vpn.config.options import Options
from vpn.config.script_options import ScriptOptions
from vpn.system.learn_address import LearnAddress


@pytest.mark.parametrize(("code", "allowed"), [(0, True), (1, False)])
def test_script_decides(tmp_path, code, allowed):
    script = tmp_path / "learn"
    script.write_text(
        f'#!/bin/sh\necho "$@" $who >> {tmp_path}/told\nexit {code}\n', encoding="utf-8"
    )
    script.chmod(0o755)
    hook = LearnAddress(
        Options(
            access=AccessOptions(learn_address=(str(script),)), scripts=ScriptOptions(security=2)
        )
    )
    assert hook.learn_address("add", "10.8.0.2", "alice", lambda: {"who": "me"}) is allowed
    hook.learn_address("delete", "10.8.0.2", "alice", dict)
    told = (tmp_path / "told").read_text(encoding="utf-8").splitlines()
    assert told == ["add 10.8.0.2 alice me", "delete 10.8.0.2"]


def test_without_a_script_everything_may_be():
    assert LearnAddress(Options()).learn_address("add", "10.8.0.2", "alice", dict)
