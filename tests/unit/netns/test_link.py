"""Links, as the kernel lists them: reading needs no rights and changes nothing."""

from __future__ import annotations

import pytest

from netns import link
from netns.netlink import Netlink


@pytest.fixture
def routing():
    found = Netlink()
    yield found
    found.close()


def test_the_loopback_is_listed_with_what_is_known_of_it(routing):
    loopback = link.links(routing)["lo"]
    assert loopback.index == link.index_of(routing, "lo")
    assert loopback.mac == "00:00:00:00:00:00"
    assert loopback.mtu > 0
    assert loopback.operstate in link.OPERSTATES


def test_a_link_that_is_not_there_is_named_with_those_that_are(routing):
    with pytest.raises(OSError, match=r"no link eth99, only .*lo"):
        link.index_of(routing, "eth99")
