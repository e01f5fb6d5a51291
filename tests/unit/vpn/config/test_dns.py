"""`dns` and `dhcp-option`: name servers, in order, and search domains."""

from __future__ import annotations

import pytest

from vpn.config.dns import NameServers, Server, check, name_servers


def said(*lines: str, dhcp: tuple[str, ...] = ()) -> NameServers:
    return name_servers(
        tuple(tuple(line.split()) for line in lines), tuple(tuple(line.split()) for line in dhcp)
    )


def test_servers_stand_by_priority_and_grow_line_by_line():
    assert said(
        "server 5 address 192.0.2.5",
        "server -3 address 192.0.2.3:5353 [2001:db8::3]:53",
        "server -3 address 2001:db8::4",
        "server -3 resolve-domains a.example b.example",
        "server -3 dnssec optional",
        "server -3 transport DoT",
        "server -3 sni dns.example",
        "search-domains lab.example",
        "search-domains example",
    ) == NameServers(
        (
            Server(
                (("192.0.2.3", 5353), ("2001:db8::3", 53), ("2001:db8::4", None)),
                ("a.example", "b.example"),
                "optional",
                "DoT",
                "dns.example",
            ),
            Server((("192.0.2.5", None),)),
        ),
        ("lab.example", "example"),
    )


def test_the_old_form_counts_where_there_is_no_new_one():
    dhcp = ("DNS 192.0.2.53", "dns6 2001:db8::53", "DNS none", "DOMAIN a.example", "WINS 1.2.3.4")
    old = NameServers((Server((("192.0.2.53", None), ("2001:db8::53", None))),), ("a.example",))
    assert said(dhcp=dhcp) == old
    assert said("search-domains b.example", dhcp=dhcp) == NameServers((), ("b.example",))
    assert said(dhcp=("DISABLE-NBT",)) == NameServers()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("server 0", "takes search-domains"),
        ("servers 0 address 192.0.2.1", "takes search-domains"),
        ("server 128 address 192.0.2.1", r"priority must be -128\.\.127"),
        ("server x address 192.0.2.1", r"priority must be -128\.\.127"),
        ("server 0 address dns.example", 'must be an address, not "dns.example"'),
        ("server 0 address 192.0.2.1:0", r"port must be 1\.\.65535"),
        ("server 0 transport UDP", "transport must be DoH, DoT, plain"),
        ("server 0 dnssec maybe", "dnssec must be yes, optional, no"),
        ("search-domains a;b", "must be a domain"),
    ],
)
def test_what_can_not_be_done_is_said(line, why):
    with pytest.raises(ValueError, match=why):
        check(tuple(line.split()))
