"""The reliability layer's rules."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vpn.control.reliable import ReliableReceiver, ReliableSender, most_recent
from vpn.wire.opcodes import Opcode

C = Opcode.P_CONTROL_V1


def ids(packets) -> list[int]:
    return [packet.packet_id for packet in packets]


def filled(count: int) -> ReliableSender:
    sender = ReliableSender()
    for number in range(count):
        sender.queue(C, bytes([number]))
    return sender


def test_window_of_six():
    sender = filled(6)
    assert not sender.has_room
    sender.acknowledge([0])
    assert sender.has_room


def test_window_counts_from_the_oldest_packet_without_an_ack():
    sender = filled(6)
    sender.acknowledge([1, 2, 3, 4, 5])
    assert not sender.has_room
    sender.acknowledge([0])
    assert sender.has_room


def test_repeats_double_their_interval():
    sender = filled(1)
    times = [now for now in range(70) if sender.due(now)]
    assert times == [0, 2, 6, 14, 30, 62]


def test_three_later_acks_bring_an_early_repeat():
    sender = filled(5)
    sender.due(0)
    sender.acknowledge([1, 2])
    assert ids(sender.due(0.1)) == []
    sender.acknowledge([3])
    assert ids(sender.due(0.1)) == [0]


def test_unknown_acks_are_passed_over():
    sender = filled(2)
    sender.due(0)
    sender.acknowledge([7, 7, 7, 7])
    assert ids(sender.due(0.1)) == []
    sender.acknowledge([1, 0])
    assert sender.is_empty


def test_hurrying_sends_everything_again():
    sender = filled(2)
    sender.due(0)
    sender.hurry()
    assert ids(sender.due(0.1)) == [0, 1]


def test_receiver_hands_over_in_order_once():
    receiver = ReliableReceiver()
    for packet_id in (1, 0, 1, 0):
        assert receiver.receive(packet_id, C, bytes([packet_id]))
    assert [receiver.pop(), receiver.pop(), receiver.pop()] == [(C, b"\0"), (C, b"\1"), None]
    assert receiver.receive(0, C, b"late")
    assert receiver.pop() is None


def test_receive_window_of_twelve():
    receiver = ReliableReceiver()
    assert receiver.receive(11, C, b"")
    assert not receiver.receive(12, C, b"")
    assert receiver.pending_acks == [11]


def test_old_duplicates_are_acknowledged_again():
    receiver = ReliableReceiver()
    receiver.receive(0, C, b"")
    receiver.pop()
    receiver.take_acks()
    receiver.receive(0, C, b"")
    assert receiver.pending_acks == [0]


def test_most_recent_acks():
    assert most_recent([2, 1, 3, 2], []) == [2, 1, 3]
    assert most_recent([3, 2], [2, 1, 3]) == [3, 2, 1]
    assert most_recent([5, 6, 7, 8, 9, 10, 11], [2, 1, 3]) == [5, 6, 7, 8, 9, 10, 11, 2]


def test_spare_places_repeat_recent_acks_newest_first():
    receiver = ReliableReceiver()
    taken = []
    for packet_id in range(3):
        receiver.receive(packet_id, C, b"")
        taken.append(receiver.take_acks())
    assert taken == [(0,), (1, 0), (2, 1, 0)]


def test_an_ack_packet_takes_eight_and_leaves_the_rest():
    receiver = ReliableReceiver()
    for packet_id in range(10):
        receiver.receive(packet_id, C, b"")
    assert receiver.take_acks(8) == tuple(range(8))
    assert receiver.pending_acks == [8, 9]
    assert receiver.take_acks() == (8, 9, 0, 1)
    assert receiver.pending_acks == []


def test_a_packet_far_behind_is_acknowledged_and_one_beyond_is_not():
    receiver = ReliableReceiver(next_id=100)
    assert receiver.receive(0, C, b"old")
    assert not receiver.receive(112, C, b"")
    assert receiver.pending_acks == [0]
    assert receiver.pop() is None


def test_first_copy_of_a_packet_counts():
    receiver = ReliableReceiver()
    receiver.receive(0, C, b"first")
    receiver.receive(0, C, b"forged later")
    assert receiver.pop() == (C, b"first")


def test_early_repeat_does_not_double_the_interval():
    sender = filled(4)
    sender.due(0)
    sender.acknowledge([1, 2, 3])
    assert ids(sender.due(1)) == [0]
    assert sender.next_deadline() == 3


def test_deadline_is_the_earliest_and_zero_for_what_was_never_sent():
    sender = filled(1)
    assert sender.next_deadline() == 0
    sender.due(5)
    assert sender.next_deadline() == 7
    sender.acknowledge([0])
    assert sender.next_deadline() is None


def test_ids_go_on_beyond_31_bits():
    sender = ReliableSender(next_id=2**31 - 1)
    sender.queue(C, b"")
    sender.queue(C, b"")
    assert ids(sender.due(0)) == [2**31 - 1, 2**31]


@given(st.permutations(range(12)), st.lists(st.integers(0, 11)))
def test_any_order_and_any_repeats_come_out_in_order(order, repeats):
    receiver, out = ReliableReceiver(), []
    for packet_id in [*order, *repeats]:
        assert receiver.receive(packet_id, C, bytes([packet_id]))
        while (packet := receiver.pop()) is not None:
            out.append(packet[1][0])
    assert out == list(range(12))


@given(st.lists(st.lists(st.integers(0, 30), max_size=8), max_size=10))
def test_recent_acks_are_at_most_eight_and_distinct(batches):
    recent: list[int] = []
    for acks in batches:
        recent = most_recent(acks, recent)
        assert len(recent) == len(set(recent)) <= 8
        assert recent[: len(dict.fromkeys(acks))] == list(dict.fromkeys(acks))
