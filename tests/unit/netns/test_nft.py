"""Reading the counters back, and removing a table that may not be there."""

from __future__ import annotations

import json

from netns.nft import Count, chain, counts, removal, table


def test_counters_are_read_by_name():
    listing = {
        "nftables": [
            {"metainfo": {"version": "1.0.6"}},
            {"counter": {"family": "inet", "name": "no-ping", "packets": 3, "bytes": 252}},
        ]
    }
    assert counts(json.dumps(listing)) == {"no-ping": Count(packets=3, bytes=252)}


def test_a_table_is_made_before_it_is_removed_so_that_removal_cannot_fail():
    assert removal("inet firewall") == "table inet firewall\ndelete table inet firewall\n"


def test_a_counter_that_two_rules_share_is_declared_once():
    assert table("ip nat", ["a", "a"], "").count("counter a") == 1


def test_a_chain_accepts_what_no_rule_is_about():
    assert "type filter hook input priority 0; policy accept;" in chain(
        "input", "type filter hook input priority 0", []
    )
