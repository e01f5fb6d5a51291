"""The probe's own way of reading a stream, and when it has heard enough."""

from __future__ import annotations

from labs.explain.probe_agent import Conversation, _cut, _hears_tls


def test_whole_packets_are_cut_from_a_stream():
    assert _cut(b"\x00\x02ab\x00\x01c\x00\x05de") == (b"\x00\x05de", [b"ab", b"c"])
    assert _cut(b"\x00") == (b"\x00", [])


def test_two_packets_of_the_tls_flight_are_enough():
    reset, flight = "40" + "00" * 13, "20" + "00" * 13
    said = Conversation("udp", "192.0.2.1", 1194)
    said.received = [reset, flight]
    assert not _hears_tls(said)
    said.received.append(flight)
    assert _hears_tls(said)
