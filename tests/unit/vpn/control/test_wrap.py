"""tls-auth and tls-crypt: captured packets opened and made again, and what is refused."""

from __future__ import annotations

import pytest

from vpn.config.options import DataOptions, Options, Secret, TlsOptions
from vpn.control.tls_auth import TlsAuth
from vpn.control.tls_crypt import TlsCrypt
from vpn.control.wrap import NoWrap, wrapper_factory
from vpn.errors import ConfigError, Drop, PacketError
from vpn.wire import static_key

KEY = bytes.fromhex(
    "37268ea8f95d7f71f9fb8fc03770c460daf714a483d815c013ce0a537efc18f28f4f172669d9e6a413bac6741d8ea054"
    "00f49b7fd6326470f23798c606bf53d4de63ebc64ec59d57ce5d04d5b62e68b53ca6e5354351097fa370446c4d269f18"
    "7bb6ae54af2dc70ff7317fe2f8754b8282aad4202f9fa42c8640245d883e2c54a0c1c489a036cf3a8964d8d289c1583b"
    "9447c262b1da5fd167a5d27bd5ac514317bc2343a31a2efc38dd920d910375f51c2e27f3afd36c49269da079f7ce466e"
    "bb0f9ad13e9bbb4665974e6bc24b513c5700393bf4a3e7f967e2f384069ac8a8e78b18b15604993fd16515cce9c0f3e4"
    "2b4126b999005ade802797b0eeb8b9e6"
)
AUTH_RESET = bytes.fromhex(
    "38de694c5c7bfba27493537c1ded4e781529ae7cfe4b8c6d6b2b51f05a0000000161d3bf6c0000000000"
)
CRYPT_RESET = bytes.fromhex(
    "38f419cb12d1f9e48f0000000161d3f8e1330206f56802be44fbed905064e3db43416bec5e526719462b7eb90c96de"
    "fc9b05c44879f7"
)
REST = bytes(5)


def auth(direction: int, timestamp: int = 0) -> TlsAuth:
    return TlsAuth(KEY, direction, "SHA1", timestamp)


def test_captured_tls_auth_reset_is_opened_and_made():
    assert auth(0).unwrap(AUTH_RESET) == (AUTH_RESET[:9], REST)
    made = auth(1, 0x61D3BF6C).wrap(AUTH_RESET[:9], REST)
    assert made == AUTH_RESET


def test_captured_tls_crypt_reset_is_opened_and_made():
    server = TlsCrypt(KEY, 0, is_server=True)
    assert server.unwrap(CRYPT_RESET) == (CRYPT_RESET[:9], REST)
    client = TlsCrypt(KEY, 0x61D3F8E1, is_server=False)
    assert client.wrap(CRYPT_RESET[:9], REST) == CRYPT_RESET


@pytest.mark.parametrize(
    ("make", "datagram"),
    [
        (lambda: auth(0), AUTH_RESET),
        (lambda: TlsCrypt(KEY, 0, is_server=True), CRYPT_RESET),
    ],
    ids=["tls-auth", "tls-crypt"],
)
def test_replays_bent_and_short_packets_are_refused(make, datagram):
    wrapper = make()
    wrapper.unwrap(datagram)
    with pytest.raises(PacketError) as caught:
        wrapper.unwrap(datagram)
    assert caught.value.reason is Drop.CONTROL_REPLAY
    for at in range(len(datagram)):
        bent = bytearray(datagram)
        bent[at] ^= 1
        with pytest.raises(PacketError) as caught:
            make().unwrap(bytes(bent))
        assert caught.value.reason is Drop.UNWRAP
    for size in range(len(datagram)):
        with pytest.raises(PacketError):
            make().unwrap(datagram[:size])


def test_skipping_counts_a_packet():
    wrapper = auth(1)
    wrapper.skip()
    datagram = wrapper.wrap(AUTH_RESET[:9], REST)
    assert datagram[29:33] == (2).to_bytes(4, "big")


def test_options_choose_the_wrapper():
    text = Secret(static_key.serialize(KEY).encode())
    assert isinstance(wrapper_factory(Options(), is_server=False).new(0), NoWrap)
    crypt = Options(tls=TlsOptions(tls_crypt=text))
    assert isinstance(wrapper_factory(crypt, is_server=False).new(0), TlsCrypt)
    with pytest.raises(ConfigError, match="tls-auth"):
        wrapper_factory(Options(tls=TlsOptions(tls_auth=Secret(b"x"))), is_server=False)


def test_unknown_digest_is_named():
    with pytest.raises(ConfigError, match='auth: unknown digest "NOPE"'):
        TlsAuth(KEY, 1, "NOPE", 0)


def test_tls_auth_without_a_digest_is_refused():
    text = Secret(static_key.serialize(KEY).encode())
    options = Options(tls=TlsOptions(tls_auth=text), data=DataOptions(auth="none"))
    with pytest.raises(ConfigError, match="tls-auth needs a digest"):
        wrapper_factory(options, is_server=False)


def test_tls_auth_takes_direction_and_digest_from_the_options():
    text = Secret(static_key.serialize(KEY).encode())
    tls, data = TlsOptions(tls_auth=text, key_direction=1), DataOptions(auth="SHA512")
    made = wrapper_factory(Options(tls=tls, data=data), is_server=False).new(7)
    datagram = made.wrap(AUTH_RESET[:9], REST)
    assert len(datagram) == 9 + 64 + 8 + len(REST)
    server = TlsAuth(KEY, 0, "SHA512", 0)
    assert server.unwrap(datagram) == (AUTH_RESET[:9], REST)


def test_tls_crypt_goes_before_tls_auth():
    text = Secret(static_key.serialize(KEY).encode())
    both = Options(tls=TlsOptions(tls_auth=text, tls_crypt=text))
    assert wrapper_factory(both, is_server=True).name == "tls-crypt"
    server = wrapper_factory(both, is_server=True).new(0)
    assert server.unwrap(CRYPT_RESET) == (CRYPT_RESET[:9], REST)


def test_each_session_counts_for_itself():
    text = Secret(static_key.serialize(KEY).encode())
    factory = wrapper_factory(Options(tls=TlsOptions(tls_crypt=text)), is_server=False)
    first, second = factory.new(5), factory.new(5)
    assert first.wrap(bytes(9), REST) == second.wrap(bytes(9), REST)


def test_no_wrap_adds_nothing_and_needs_a_body():
    plain = NoWrap()
    assert plain.overhead == 0
    assert plain.unwrap(plain.wrap(bytes(9), b"rest")) == (bytes(9), b"rest")
    for size in range(10):
        with pytest.raises(PacketError) as caught:
            plain.unwrap(bytes(size))
        assert caught.value.reason is Drop.MALFORMED
