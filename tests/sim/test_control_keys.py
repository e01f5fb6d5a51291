"""Keys of the control channel: who is let in with a key of his own, who may renegotiate."""

from __future__ import annotations

import pytest

from tests.sim.pair import Pair, client_options, server_options
from vpn.config.options import Secret
from vpn.errors import Drop
from vpn.pki import genkey
from vpn.wire import static_key
from vpn.wire.opcodes import Opcode

SERVER_KEY = Secret(genkey.new_server_key().encode())
CLIENT_KEY = Secret(genkey.new_client_key(SERVER_KEY).encode())
OLD_KEY = Secret(genkey.new_client_key(SERVER_KEY, clock=lambda: 0.0).encode())
FOREIGN_KEY = Secret(genkey.new_client_key(genkey.new_server_key().encode()).encode())
SHARED_KEY = Secret(static_key.serialize(bytes(range(256))).encode())


def v2(client_key: Secret = CLIENT_KEY, is_tcp: bool = False, **server: object) -> Pair:
    return Pair(
        client=client_options(tls__tls_crypt_v2=client_key),
        server=server_options(tls__tls_crypt_v2=SERVER_KEY, **server),
        is_tcp=is_tcp,
    )


def test_our_client_can_prove_itself_to_a_server_that_insists():
    assert v2(tls__tls_crypt_v2_cookie="force-cookie").connect(10)


@pytest.mark.shows("tls-crypt-v2", "tls-crypt-v2-max-age")
@pytest.mark.parametrize("is_tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize(
    ("client_key", "server"),
    [(FOREIGN_KEY, {}), (OLD_KEY, {"tls__tls_crypt_v2_max_age": 30})],
    ids=["foreign", "old"],
)
def test_a_key_that_is_not_wanted_opens_nothing(client_key, server, is_tcp):
    pair = v2(client_key, is_tcp, **server)
    assert not pair.connect(20)
    assert pair.server.core.drops[Drop.UNWRAP]
    assert not list(pair.server.core.clients)


@pytest.mark.parametrize("wrap", ["none", "tls-auth", "tls-crypt", "tls-crypt-v2"])
def test_renegotiations_are_under_a_key_of_the_first_session(wrap):
    client, server = {
        "none": ({}, {}),
        "tls-auth": ({"tls__tls_auth": SHARED_KEY}, {"tls__tls_auth": SHARED_KEY}),
        "tls-crypt": ({"tls__tls_crypt": SHARED_KEY}, {"tls__tls_crypt": SHARED_KEY}),
        "tls-crypt-v2": ({"tls__tls_crypt_v2": CLIENT_KEY}, {"tls__tls_crypt_v2": SERVER_KEY}),
    }[wrap]
    pair = Pair(client=client_options(tls__reneg_sec=20, **client), server=server_options(**server))
    assert pair.connect(10)
    session = pair.client.core.peer.session
    pair.drive(lambda: session.primary.key_id == 2, 60)
    pair.run_for(5)
    assert pair.client.core.peer.channel.newest.key_id == 2
    assert not pair.server.core.drops
    forged = bytes((Opcode.P_CONTROL_SOFT_RESET_V1 << 3 | 3,)) + session.local_session_id
    plain = session._wrapper.wrap(forged, bytes(5))  # who has only the static key
    pair.server.core.decapsulate([(pair.client.address, [plain])], pair.network.now)
    assert pair.server.core.drops[Drop.UNWRAP] == 1
