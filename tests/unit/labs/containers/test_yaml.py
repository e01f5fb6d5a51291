"""What is written as YAML is read back as it was, and looks as people would write it."""

from __future__ import annotations

import pytest
import yaml as reader
from hypothesis import given
from hypothesis import strategies as st

from labs.containers import yaml

TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=20)
SCALARS = TEXTS | st.integers() | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1), st.integers(0, 3))
def test_what_was_written_is_read_back(value, apart):
    # "<<", "&" and "*name" are YAML's own, and so they are here.
    text = yaml.text(value, apart=apart)
    if any(mark in text for mark in ("<<", "&", "*")):
        return
    assert reader.safe_load(text) == value


@pytest.mark.parametrize("word", ["yes", "No", "1", "0x10", "1e3", "~", "a: b", "a #b", "-", ""])
def test_a_text_that_looks_like_something_else_is_quoted(word):
    assert reader.safe_load(yaml.text({"key": word})) == {"key": word}


def test_small_things_stand_in_one_line_and_entries_apart():
    value = {"nodes": {"a": {"cap_add": ["NET_ADMIN"], "sysctls": {"x": 1}}, "b": {"is": True}}}
    assert yaml.text(value, apart=2) == (
        "nodes:\n  a:\n    cap_add: [NET_ADMIN]\n    sysctls: {x: 1}\n\n  b:\n    is: true\n"
    )


def test_long_lists_have_a_line_for_each_entry():
    words = ["word" * 5] * 6
    assert yaml.text({"words": words}).splitlines()[1:] == [f"  - {word}" for word in words]


def test_an_anchor_is_merged_where_it_is_named():
    value = {"x-base": {"&": "base", "init": True}, "one": {"<<": "*base", "name": "one"}}
    assert reader.safe_load(yaml.text(value))["one"] == {"init": True, "name": "one"}
