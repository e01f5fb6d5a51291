"""Admission: what a client gets, by topology."""

from __future__ import annotations

from vpn.config.options import Options, Pool, ServerOptions, Topology, TunOptions
from vpn.tunnel.admission import NO_SHARED_CIPHER, Admission
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


def reply(topology: Topology) -> str:
    admitted = admission(topology, "10.8.0.4", "10.8.0.11").admit(MODERN, "a", 0)
    return admitted.replies[0]


def test_second_word_of_ifconfig_follows_the_topology():
    assert ",ifconfig 10.8.0.4 255.255.255.0," in reply(Topology.SUBNET)
    assert ",ifconfig 10.8.0.6 10.8.0.5," in reply(Topology.NET30)
    assert ",ifconfig 10.8.0.4 10.8.0.1," in reply(Topology.P2P)


def test_reply_has_the_global_list_first():
    assert reply(Topology.SUBNET).startswith("PUSH_REPLY,ping 10,ifconfig ")


def test_refusals():
    pool = admission(Topology.SUBNET, "10.8.0.4", "10.8.0.4")
    stranger = KeyMethodMessage(SOURCE, "V4", peer_info="IV_CIPHERS=BF-CBC\n")
    assert pool.admit(stranger, "x", 0) == NO_SHARED_CIPHER
    first = pool.admit(MODERN, "a", 0)
    assert pool.admit(MODERN, "b", 1) == ""
    pool.release(first.address, 5)
    assert not isinstance(pool.admit(MODERN, "b", 1), str)
