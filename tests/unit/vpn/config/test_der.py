"""The size of Diffie-Hellman parameters."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vpn.config.configs import SERVER
from vpn.config.der import dh_bits
from vpn.config.lexer import lex
from vpn.config.parse import parse


def encode(prime: int) -> bytes:
    """PEM parameters with this prime (which need not be one)."""

    def element(tag: int, body: bytes) -> bytes:
        size = len(body)
        length = bytes((size,)) if size < 128 else b"\x82" + size.to_bytes(2, "big")
        return bytes((tag,)) + length + body

    number = prime.to_bytes(prime.bit_length() // 8 + 1, "big")
    der = element(0x30, element(2, number) + element(2, b"\x02"))
    body = base64.encodebytes(der)
    return b"-----BEGIN DH PARAMETERS-----\n" + body + b"-----END DH PARAMETERS-----\n"


@pytest.mark.parametrize("bits", [64, 512, 1024, 2048, 4096])
def test_the_size_is_that_of_the_prime(bits):
    assert dh_bits(b"text before\n" + encode(2**bits - 1)) == bits


def test_other_files_have_no_size():
    assert dh_bits(b"") is None
    assert dh_bits(b"-----BEGIN DH PARAMETERS-----\n-----END DH PARAMETERS-----") is None
    assert dh_bits(encode(2**1024 - 1)[:90] + b"\n-----END DH PARAMETERS-----") is None


@given(st.binary(max_size=80))
def test_no_contents_crash(body):
    pem = b"-----BEGIN DH PARAMETERS-----\n" + body + b"-----END DH PARAMETERS-----"
    assert dh_bits(pem) is None or isinstance(dh_bits(pem), int)


@pytest.mark.parametrize(("bits", "count"), [(1024, 1), (2048, 0)])
def test_weak_parameters_are_warned_about(bits, count):
    blocks = "".join(f"<{name}>\nx\n</{name}>\n" for name in ("ca", "cert", "key"))
    server = SERVER.splitlines()[0]
    dh = f"<dh>\n{encode(2**bits - 1).decode()}</dh>\n"
    warnings = parse(lex(f"{server}\n{blocks}{dh}", "a")).warnings
    assert len(warnings) == count
    assert all("1024-bit parameters are not used" in text for text in warnings)
