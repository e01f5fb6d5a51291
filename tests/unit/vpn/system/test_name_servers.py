"""The system's resolver: what is written, and that it comes back."""

from __future__ import annotations

import logging
import os

import pytest

from vpn.config.dns import NameServers, Server
from vpn.system.name_servers import MARK, SystemResolver, resolv_conf, resolvectl_commands

PLAIN = Server((("192.0.2.53", None), ("2001:db8::53", 53)))
NAMES = NameServers((PLAIN,), ("lab.example",))
OLD = "nameserver 198.51.100.1\noptions edns0 and a longer line than what replaces it ..........\n"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "resolv.conf"
    file.write_text(OLD)
    return file


def test_told_and_taken_back(path):
    resolver = SystemResolver(path)
    assert resolver.tell(NAMES, "tun0")
    assert path.read_text() == (
        MARK + "search lab.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n"
    )
    path.chmod(0o400)
    resolver.take_back()
    resolver.take_back()
    assert path.read_text() == OLD


def test_what_somebody_else_wrote_meanwhile_stays(path, caplog):
    resolver = SystemResolver(path)
    resolver.tell(NAMES, "tun0")
    path.write_text("nameserver 203.0.113.1\n")
    resolver.take_back()
    assert path.read_text() == "nameserver 203.0.113.1\n"
    assert "was changed by somebody else" in caplog.text


def test_nothing_to_tell_touches_nothing(path):
    before = path.stat()
    assert SystemResolver(path).tell(NameServers(), "tun0")
    assert path.stat() == before


def test_a_file_that_can_not_be_written_is_one_line(tmp_path, caplog):
    resolver = SystemResolver(tmp_path / "missing" / "resolv.conf")
    assert not resolver.tell(NAMES, "tun0")
    assert "No such file or directory; name servers stay as they are" in caplog.text
    resolver.take_back()


@pytest.mark.parametrize(
    "special",
    [
        Server((("192.0.2.1", 5353),)),
        Server((("192.0.2.1", None),), domains=("a.example",)),
        Server((("192.0.2.1", None),), transport="DoT"),
        Server(),
    ],
)
def test_a_server_that_a_plain_file_can_not_name_is_passed_over(special, caplog):
    caplog.set_level(logging.WARNING)
    text = resolv_conf(NameServers((special, PLAIN)))
    assert text is not None
    assert "nameserver 192.0.2.53\n" in text
    assert "192.0.2.1\n" not in text
    assert "that takes systemd-resolved" in caplog.text
    assert resolv_conf(NameServers((special,))) is None


def test_systemd_resolved_is_told_by_its_own_program():
    server = Server(
        (("192.0.2.1", None), ("2001:db8::1", 53)), ("a.example",), "optional", "DoT", "dns.example"
    )
    assert resolvectl_commands(NameServers((server,), ("lab.example",)), "tun0") == [
        ["resolvectl", "dns", "tun0", "192.0.2.1#dns.example", "[2001:db8::1]:53#dns.example"],
        ["resolvectl", "dnssec", "tun0", "allow-downgrade"],
        ["resolvectl", "dnsovertls", "tun0", "yes"],
        ["resolvectl", "domain", "tun0", "lab.example", "~a.example"],
    ]
    assert resolvectl_commands(NAMES, "tun0")[-1][3:] == ["lab.example", "~."]


def test_where_systemd_resolved_is_in_charge_the_file_stays(tmp_path, monkeypatch):
    """A program that notes its words stands in for resolvectl, which needs a whole system."""
    stub, calls = tmp_path / "stub-resolv.conf", tmp_path / "calls"
    stub.write_text(OLD)
    link = tmp_path / "resolv.conf"
    link.symlink_to(stub)
    program = tmp_path / "bin" / "resolvectl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >>{calls}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("vpn.system.name_servers.RESOLVED", str(tmp_path))
    resolver = SystemResolver(link)
    assert resolver.tell(NAMES, "tun7")
    resolver.take_back()
    assert calls.read_text().splitlines() == [
        "dns tun7 192.0.2.53 [2001:db8::53]:53",
        "domain tun7 lab.example ~.",
        "revert tun7",
    ]
    assert stub.read_text() == OLD
