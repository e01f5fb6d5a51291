"""Admission: what a client gets, by topology."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest

from vpn.config.access_options import AccessOptions, PerClientOptions
from vpn.config.options import Options, Pool, ServerOptions, Topology, TunOptions
from vpn.tunnel.admission import (
    NO_ADDRESS,
    NO_EXPORTER,
    NO_EXPORTER_TEXT,
    NO_SHARED_CIPHER,
    Admission,
    Admitted,
    Refusal,
)
from vpn.tunnel.pool import Lease
from vpn.wire.key_method import KeyMethodMessage, KeySource

SOURCE = KeySource(b"", b"", b"")
MODERN = KeyMethodMessage(SOURCE, "V4", peer_info="IV_CIPHERS=AES-256-GCM\nIV_PROTO=990\n")


def admission(topology: Topology, first: str, last: str) -> Admission:
    return Admission(
        Options(
            tun=TunOptions(topology=topology, ifconfig=("10.8.0.1", "255.255.255.0")),
            server=ServerOptions(pool=Pool(first, last, "255.255.255.0"), push=("ping 10",)),
        )
    )


def admit(pool: Admission, message: KeyMethodMessage, name: str = "a", peer_id: int = 0):
    return pool.admit(message, peer_id, pool.lease(name))


def reply(topology: Topology) -> str:
    admitted = admit(admission(topology, "10.8.0.4", "10.8.0.11"), MODERN, "a")
    return admitted.replies[0]


def test_second_word_of_ifconfig_follows_the_topology():
    assert ",ifconfig 10.8.0.4 255.255.255.0," in reply(Topology.SUBNET)
    assert ",ifconfig 10.8.0.6 10.8.0.5," in reply(Topology.NET30)
    assert ",ifconfig 10.8.0.4 10.8.0.1," in reply(Topology.P2P)


@pytest.mark.parametrize(
    ("route", "is_pushed"),
    [
        ("route 192.168.7.0 255.255.255.0", False),
        ("route 192.168.9.9", False),
        ("route 192.168.7.0 255.255.0.0", True),
        ("route 192.168.8.0 255.255.255.0", True),
        ("route 192.168.7.0 255.255.255.0 vpn_gateway", True),
        ("route files.example 255.255.255.0", True),
        ("ping 192.168.9.9", True),
    ],
)
def test_route_to_a_network_behind_the_client_is_not_pushed_to_it(route, is_pushed):
    behind = (IPv4Network("192.168.7.0/24"), IPv4Network("192.168.9.9/32"))
    pool = admission(Topology.SUBNET, "10.8.0.4", "10.8.0.11")
    plain = Options(server=ServerOptions(push=(route,)))
    admitted = pool.admit(MODERN, 0, pool.lease("a"), plain)
    assert f"PUSH_REPLY,{route}," in admitted.replies[0]
    own = replace(plain, per_client=PerClientOptions(iroutes=behind))
    admitted = pool.admit(MODERN, 0, pool.lease("a"), own)
    assert (f"PUSH_REPLY,{route}," in admitted.replies[0]) == is_pushed
    assert admitted.own_routes == (() if is_pushed else (route,))


def test_reply_has_the_global_list_first():
    assert reply(Topology.SUBNET).startswith("PUSH_REPLY,ping 10,ifconfig ")


@pytest.mark.parametrize(
    ("peer_info", "occ", "words"),
    [
        ("IV_CIPHERS=BF-CBC\n", "V4,cipher AES-256-GCM", "client supported ciphers 'BF-CBC'"),
        ("IV_NCP=1\n", "V4,cipher BF-CBC", "client supports cipher 'BF-CBC'"),
        ("", "V4", "PUSH: No NCP or OCC cipher data received from peer."),
    ],
)
def test_no_common_cipher(peer_info, occ, words):
    stranger = KeyMethodMessage(SOURCE, occ, peer_info=peer_info)
    refusal = admit(admission(Topology.SUBNET, "10.8.0.4", "10.8.0.4"), stranger, "x")
    assert refusal.text == NO_SHARED_CIPHER
    assert refusal.words.endswith(words)


@pytest.mark.parametrize(("proto", "text"), [(990, "TEMP:no free address"), (2, "")])
def test_full_pool_sends_who_understands_it_away_for_a_while_only(proto, text):
    late = replace(MODERN, peer_info=f"IV_CIPHERS=AES-256-GCM\nIV_PROTO={proto}\n")
    pool = admission(Topology.SUBNET, "10.8.0.4", "10.8.0.4")
    admit(pool, MODERN)
    assert admit(pool, late, "b", 1) == Refusal(NO_ADDRESS, text)
    pool.release(Lease(0, None, None))
    assert isinstance(admit(pool, late, "b", 1), Admitted)


def old_client(peer_info: str, occ: str = "V4,cipher AES-128-GCM") -> str:
    """What a client from before cipher negotiation is told."""
    message = KeyMethodMessage(SOURCE, occ, peer_info=peer_info)
    admitted = admit(admission(Topology.SUBNET, "10.8.0.4", "10.8.0.11"), message, "old")
    assert isinstance(admitted, Admitted)
    assert not admitted.wants_push_at_once
    return admitted.replies[0]


def test_old_clients_are_told_no_more_than_they_understand():
    base = "PUSH_REPLY,ping 10,ifconfig 10.8.0.4 255.255.255.0"
    assert old_client("") == base
    assert old_client("IV_VER=2.3.18\nIV_PROTO=2\n") == f"{base},peer-id 0"
    assert old_client("IV_PROTO=2\nIV_NCP=2\n") == f"{base},peer-id 0,cipher AES-256-GCM"


@pytest.mark.shows("force-tls-key-material-export")
@pytest.mark.parametrize("is_forced", [True, False])
def test_client_without_an_exporter_may_be_refused(is_forced):
    own = Options(access=AccessOptions(forces_exporter=is_forced))
    old = replace(MODERN, peer_info="IV_CIPHERS=AES-256-GCM\nIV_PROTO=2\n")
    expected = Refusal(NO_EXPORTER, NO_EXPORTER_TEXT) if is_forced else Admitted
    answer = Admission(own).admit(old, 0, None)
    assert answer == expected or type(answer) is expected
    assert isinstance(Admission(own).admit(MODERN, 0, None), Admitted)
