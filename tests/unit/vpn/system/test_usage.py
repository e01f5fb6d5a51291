"""The text of --help has every directive that the command line takes."""

from __future__ import annotations

import re

from vpn.config.field import Scope
from vpn.config.options import table
from vpn.system import usage


def test_every_directive_of_the_command_line_is_listed():
    listed = set(re.findall(r"--([a-z0-9-]+)", usage.text()))
    taken = {
        name
        for name, specs in table().items()
        if any(spec.scope & Scope.COMMAND_LINE for spec in specs)
    }
    assert taken - listed == set()
