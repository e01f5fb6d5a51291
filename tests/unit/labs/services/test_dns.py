"""Whom the lab's name server knows."""

from __future__ import annotations

import pytest
from dnslib import DNSRecord

from labs.services import dns

HOSTS = "10.20.0.10\tfiles.lab.example\n10.20.0.1\tserver.lab.example\n"


def asked(name, kind="A"):
    names = dns.Names.read(HOSTS, "lab.example")
    reply = names.resolve(DNSRecord.question(name, kind), None)
    return DNSRecord.parse(reply.pack())


@pytest.mark.parametrize("name", ["files.lab.example", "FILES.lab.example."])
def test_node_is_known_by_name(name):
    reply = asked(name)
    assert [str(one.rdata) for one in reply.rr] == ["10.20.0.10"]
    assert reply.header.rcode == 0


def test_name_that_is_there_has_no_address_of_another_kind():
    reply = asked("files.lab.example", "AAAA")
    assert (reply.header.rcode, reply.rr) == (0, [])


@pytest.mark.parametrize(("name", "code"), [("none.lab.example", 3), ("example.com", 5)])
def test_other_names_do_not_exist_or_are_not_asked_here(name, code):
    assert asked(name).header.rcode == code
