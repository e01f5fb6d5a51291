"""The loop with a real link, a small core and a tun made of a socket."""

from __future__ import annotations

import socket
import time
from collections import Counter

import pytest

from tests.unit.vpn.system.echo import EchoCore, SocketTun
from tests.unit.vpn.system.incoming import flat
from vpn.config.options import LinkOptions
from vpn.events import CloseLink
from vpn.system.link import LinkClosed, LinkOpened, address_from
from vpn.system.loop import MAX_BATCH, Loop
from vpn.system.udp import UdpLink


class Shell:
    """Holds the two sides; the test says when it is done."""

    def __init__(self, tun=None, link=None, done=lambda: False):
        self.tun = tun
        self.link = link
        self.seen = []
        self._done = done
        self.deadline = time.monotonic() + 10

    @property
    def is_done(self):
        return self._done()

    def watch(self, loop):
        self.seen.append("watch")

    def handle(self, event, now):
        self.seen.append(event)

    def note(self, change, now):
        self.seen.append(change)

    def settle(self, now):
        pass

    def next_deadline(self):
        return self.deadline

    def handle_deadline(self, now):
        pytest.fail(f"nothing happened for 10 s; seen: {self.seen}")


@pytest.fixture
def far():
    """The other end of the link."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


@pytest.fixture
def link():
    """A UDP link on loopback."""
    udp = UdpLink.open(
        socket.AF_INET, LinkOptions(), Counter(), local=("127.0.0.1", 0), is_server=True
    )
    yield udp
    udp.close()


@pytest.fixture
def tun():
    """A tun whose kernel is the test."""
    made = SocketTun()
    yield made
    made.close()


def test_packets_pass_in_both_directions(far, link, tun):
    core = EchoCore(address_from(far.getsockname()))
    written = []
    shell = Shell(tun, link, lambda: len(written) == 2)
    write = tun.write_batch
    tun.write_batch = lambda packets: (written.extend(packets), write(packets))
    tun.far.send(b"out")
    for payload in (b"in 1", b"in 2"):
        far.sendto(EchoCore.MARK + payload, link.socket.getsockname())
    Loop(core, shell).run()
    assert far.recv(100) == EchoCore.MARK + b"out"
    assert [tun.far.recv(100), tun.far.recv(100)] == [b"in 1", b"in 2"]
    assert core.calls == ["start"]


def test_a_flood_is_taken_in_batches(far, link, tun):
    core = EchoCore(address_from(far.getsockname()))
    sizes = []
    shell = Shell(tun, link, lambda: sum(sizes) == 150)
    decapsulate = core.decapsulate
    core.decapsulate = lambda datagrams, now: (
        sizes.append(len(flat(datagrams))),
        decapsulate(datagrams, now),
    )[1]
    for _ in range(150):
        far.sendto(EchoCore.MARK, link.socket.getsockname())
    tun.write_batch = lambda packets: None
    Loop(core, shell).run()
    assert max(sizes) == MAX_BATCH


def test_what_the_core_says_goes_out_before_its_events_are_done(far, link):
    remote = address_from(far.getsockname())
    core = EchoCore(remote)
    core.outbox = [(remote, [b"goodbye"])]
    core.happened = [CloseLink(remote)]
    shell = Shell(None, link, lambda: bool(shell.seen[1:]))

    def handle(event, now):
        assert far.recv(100) == b"goodbye"
        shell.seen.append(event)
        core.outbox = [(remote, [b"and again"])]

    shell.handle = handle
    Loop(core, shell).run()
    assert far.recv(100) == b"and again"  # an event may give the core something new to say
    assert shell.seen[1:] == [CloseLink(remote)]


def test_deadlines_are_kept():
    core = EchoCore()
    core.deadline = time.monotonic() + 0.03
    begin = core.deadline
    shell = Shell(None, None, lambda: "deadline" in core.calls)
    Loop(core, shell).run()
    assert time.monotonic() >= begin


def test_changes_of_streams_come_before_their_datagrams(link, far):
    remote = address_from(far.getsockname())
    core = EchoCore()
    order = []
    changes = [[LinkOpened(remote), LinkClosed(remote, "x")]]
    link.changes = lambda: changes.pop() if changes and order is not None else []
    shell = Shell(None, link, lambda: "data" in order)
    shell.note = lambda change, now: order.append(type(change).__name__)
    core.decapsulate = lambda datagrams, now: (order.append("data"), [])[1]
    far.sendto(b"x", link.socket.getsockname())
    Loop(core, shell).run()
    assert order == ["LinkOpened", "LinkClosed", "data"]


def test_a_link_that_breaks_while_data_is_sent_is_noticed_in_the_same_round(far, link, tun):
    remote = address_from(far.getsockname())
    core, changes, seen = EchoCore(remote), [], []
    link.send_batch = lambda address, datagrams: changes.append(LinkClosed(remote, "reset"))
    link.changes = lambda: [changes.pop()] if changes else []
    shell = Shell(tun, link, lambda: bool(seen))
    shell.note = lambda change, now: seen.append(change)
    tun.far.send(b"out")
    Loop(core, shell).run()
    assert seen == [LinkClosed(remote, "reset")]


def test_what_a_child_still_holds_of_a_closed_descriptor_is_of_no_interest(far, link):
    core, seen = EchoCore(address_from(far.getsockname())), []
    shell = Shell(None, link, lambda: len(seen) == 3)
    held = link.socket.dup()  # as by a script between fork and exec
    shell.settle = seen.append

    def on_first(datagrams, now):
        far.sendto(b"second", link.socket.getsockname())
        shell.link = None
        link.close()
        return []

    core.decapsulate = on_first
    far.sendto(b"first", link.socket.getsockname())
    Loop(core, shell).run()
    held.close()


def test_a_busy_link_leaves_packets_in_the_tun(far, link, tun):
    core = EchoCore(address_from(far.getsockname()))

    class Busy:
        is_busy = True
        fileno = staticmethod(link.fileno)
        recv_batch = staticmethod(link.recv_batch)
        changes = staticmethod(link.changes)

        @staticmethod
        def send_batch(address, datagrams):
            assert not busy.is_busy
            link.send_batch(address, datagrams)
            sent.append(datagrams)

    busy, sent = Busy(), []
    shell = Shell(tun, busy, lambda: bool(sent))
    tun.far.send(b"waits")
    core.deadline = time.monotonic() + 0.05
    core.handle_deadline = lambda now: (
        setattr(busy, "is_busy", False),
        setattr(core, "deadline", None),
    )
    Loop(core, shell).run()
    assert far.recv(100) == EchoCore.MARK + b"waits"


def test_a_new_descriptor_may_have_the_number_of_a_closed_one(far, link, tun):
    core = EchoCore(address_from(far.getsockname()))
    seen = []
    shell = Shell(tun, link, lambda: len(seen) == 2)
    replaced = []

    def swap(now):
        core.deadline = None
        number = link.fileno()
        link.close()
        shell.tun.close()
        shell.tun = None
        shell.link = UdpLink.open(
            socket.AF_INET, LinkOptions(), Counter(), local=("127.0.0.1", 0), is_server=True
        )
        replaced.append((number, shell.link))
        far.sendto(b"second", shell.link.socket.getsockname())

    def on_first(datagrams, now):
        seen.extend(flat(datagrams))
        if len(seen) == 1:
            core.deadline = now
        return []

    core.decapsulate = on_first
    core.handle_deadline = swap
    far.sendto(b"first", link.socket.getsockname())
    Loop(core, shell).run()
    assert [datagram for datagram, _ in seen] == [b"first", b"second"]
    replaced[0][1].close()


def test_a_round_of_nothing_but_data_asks_the_core_for_nothing_more(far, link, tun):
    core = EchoCore(address_from(far.getsockname()))
    asked = []
    core.datagrams_to_send = lambda now: asked.append("datagrams_to_send") or []
    core.next_deadline = lambda: asked.append("next_deadline")
    rounds = []
    shell = Shell(tun, link, lambda: len(rounds) == 2)
    shell.settle = lambda now: rounds.append(list(asked))
    tun.far.send(b"out")
    far.sendto(EchoCore.MARK + b"in", link.socket.getsockname())
    Loop(core, shell).run()
    assert rounds[0]  # the start
    assert asked == rounds[0] + ["next_deadline"]
