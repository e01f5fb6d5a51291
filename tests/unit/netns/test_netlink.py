"""The bytes of netlink, and what the kernel's refusals become."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netns import netlink


@given(st.dictionaries(st.integers(1, 1000), st.binary(max_size=40)))
def test_attributes_are_read_as_written(values):
    data = b"".join(netlink.attribute(kind, value) for kind, value in values.items())
    assert len(data) % 4 == 0
    assert netlink.attributes(data) == values


def test_a_text_ends_in_zero_and_a_number_has_32_bits():
    assert netlink.attribute(3, "lo") == struct.pack("=HH", 7, 3) + b"lo\0\0"
    assert netlink.attribute(4, 1500) == struct.pack("=HHI", 8, 4, 1500)


def test_the_flag_bits_of_an_attribute_are_no_part_of_its_number():
    data = struct.pack("=HHI", 8, 0x8000 | 18, 1)
    assert netlink.attributes(data) == {18: struct.pack("=I", 1)}


def refusal(number: int, reason: str) -> bytes:
    header = struct.pack("=IHHII", 16, 16, 5, 1, 0)
    return struct.pack("=i", -number) + header + netlink.attribute(1, reason)


def test_an_acknowledgement_is_no_error():
    netlink._raise_for(struct.pack("=i", 0), 0)


def test_a_refusal_says_what_the_kernel_said():
    flags = netlink.NLM_F_CAPPED | netlink.NLM_F_ACK_TLVS
    with pytest.raises(FileExistsError, match="File exists: Device already exists"):
        netlink._raise_for(refusal(17, "Device already exists"), flags)
