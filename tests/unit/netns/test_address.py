"""Where a route leads."""

from __future__ import annotations

import pytest

from netns.address import destination


@pytest.mark.parametrize(
    ("to", "via", "network"),
    [
        ("default", "192.0.2.1", "0.0.0.0/0"),
        ("default", "2001:db8::1", "::/0"),
        ("default", None, "0.0.0.0/0"),
        ("10.0.0.0/8", "192.0.2.1", "10.0.0.0/8"),
        ("198.51.100.8/29", None, "198.51.100.8/29"),
        ("192.0.2.7", None, "192.0.2.7/32"),
        ("2001:db8:1::/48", "fe80::1", "2001:db8:1::/48"),
    ],
)
def test_a_destination_in_words(to, via, network):
    assert destination(to, via) == network


def test_a_destination_with_host_bits_is_refused():
    with pytest.raises(ValueError, match="host bits set"):
        destination("10.0.0.1/8", None)


@pytest.mark.parametrize("text", ["here", "16", "10.0.0.0/33"])
def test_what_is_no_destination_is_refused(text):
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 network"):
        destination(text, None)
