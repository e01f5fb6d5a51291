"""The table that is read from the fields, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, fields

import pytest

from vpn.config.field import CONFIG, Scope
from vpn.config.options import GROUPS, Options, Secret, spec_for, table
from vpn.config.values import Proto

HEAVY = ("cryptography", "OpenSSL", "pyroute2", "numpy", "socket", "asyncio", "subprocess")


def test_options_have_a_default_for_everything():
    options = Options()
    assert options.link.mssfix == 1492
    assert options.tls.hand_window == 60
    assert options.data.auth == "SHA1"
    with pytest.raises(FrozenInstanceError):
        options.link = options.link


def test_every_group_is_a_field_of_the_options():
    assert [*GROUPS, "warnings"] == [field.name for field in fields(Options)]


def test_each_directive_fills_a_field_that_is_there():
    for specs in table().values():
        for spec in specs:
            names = {field.name for field in fields(GROUPS[spec.group])}
            assert spec.attribute in names
            assert not spec.also or spec.also in names


def test_one_directive_has_one_meaning_in_each_place():
    for name, specs in table().items():
        for scope in Scope:
            assert sum(bool(spec.scope & scope) for spec in specs) <= 1, name


def test_cipher_means_another_field_when_it_is_pushed():
    assert spec_for("cipher", CONFIG).group == "data"
    assert spec_for("cipher", Scope.PUSH).group == "push"


def test_usage_says_how_many_arguments():
    remote = spec_for("remote", CONFIG)
    assert (remote.fewest, remote.most) == (1, 3)
    assert spec_for("nobind", CONFIG).most == 0
    assert spec_for("redirect-gateway", CONFIG).most is None


def test_a_secret_does_not_show():
    secret = Secret(b"hidden")
    assert f"{secret} {secret!r} {[secret]} {secret!s}" == " ".join(
        ["<secret, 6 bytes>"] * 2 + ["[<secret, 6 bytes>]", "<secret, 6 bytes>"]
    )
    assert secret == b"hidden"


@pytest.mark.parametrize(
    ("proto", "family", "is_tcp", "is_server"),
    [
        (Proto.UDP, "any", False, False),
        (Proto.UDP6, "ipv6", False, False),
        (Proto.TCP4_CLIENT, "ipv4", True, False),
        (Proto.TCP_SERVER, "any", True, True),
    ],
)
def test_protocols_know_what_they_are(proto, family, is_tcp, is_server):
    assert (proto.family, proto.is_tcp, proto.is_server) == (family, is_tcp, is_server)


def test_the_configuration_imports_nothing_heavy():
    code = f"import sys, vpn.config.parse; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_dots_in_a_usage_are_no_argument_of_their_own():
    assert spec_for("redirect-gateway", CONFIG).fewest == 0
    assert spec_for("dhcp-option", CONFIG).fewest == 1
    assert spec_for("protocol-flags", Scope.PUSH).fewest == 1
