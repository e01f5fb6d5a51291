"""Packet numbers, many at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vpn.crypto.numbers import consecutive, tails_of


@given(
    st.integers(0, 2**64 - 1000),
    st.integers(0, 700),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=4),
    st.binary(max_size=4),
)
def test_each_number_is_what_it_would_be_alone(first, count, mask, before, behind):
    tails = tails_of(mask, behind)
    assert consecutive(first, count, 8, tails, before=before, mask=mask) == [
        before + ((first + n) ^ mask).to_bytes(8, "big") + behind for n in range(count)
    ]
    assert consecutive(first, count, 8) == [(first + n).to_bytes(8, "big") for n in range(count)]
