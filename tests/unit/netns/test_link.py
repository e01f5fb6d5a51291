"""Links, as the kernel lists them: reading needs no rights and changes nothing."""

from __future__ import annotations

import pytest

from netns import Link, link


def test_the_loopback_is_listed_with_what_is_known_of_it():
    loopback = {facts["name"]: Link(**facts) for facts in link.links()}["lo"]
    assert loopback.index == link.index_of("lo")
    assert loopback.mac == "00:00:00:00:00:00"
    assert loopback.mtu > 0
    assert loopback.operstate in {"unknown", "down"}
    assert loopback.is_up == (loopback.operstate == "unknown")


def test_a_link_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(OSError, match=r"no link eth99, only .*lo"):
        link.index_of("eth99")
