"""A segment, as the holder tells of it."""

from __future__ import annotations

from netns.segment import Port, Segment


def test_a_segment_is_read_from_what_the_holder_says():
    facts = {
        "name": "lan",
        "bridge": "lan",
        "mtu": 1500,
        "ports": [{"node": "client", "dev": "eth0", "port": "client.eth0"}],
    }
    assert Segment.from_facts(facts) == Segment(
        "lan", "lan", 1500, (Port("client", "eth0", "client.eth0"),)
    )
