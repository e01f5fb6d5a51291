"""Numbers that a peer wrote: anything else must be harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.wire.number import decimal


@given(st.integers(0, 9_999_999_999))
def test_numbers_are_read(number):
    assert decimal(str(number)) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1.0", "0x1", "²", "٣", "9" * 11, "1_0"])
def test_anything_else_is_none(text):
    assert decimal(text) is None


@given(st.text())
def test_no_text_raises(text):
    decimal(text)
