"""Several links of one server as one: UDP and TCP, IPv4 and IPv6, this address and that port.

Each link puts its number into `Address.local` of what comes in by it; so what the core sends to
that address finds its way back to the socket it came by.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vpn.events import Address, Incoming
from vpn.system.link import Change, Link

if TYPE_CHECKING:
    from vpn.config.options import LinkOptions


class LinkGroup:
    """All links of a server. The number of a link is its place in the list."""

    is_busy = False  # a server drops instead

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = list(links)
        self._poll = select.epoll()
        self._by_descriptor = {link.fileno(): link for link in links}
        for descriptor in self._by_descriptor:
            self._poll.register(descriptor, select.EPOLLIN)

    def fileno(self) -> int:
        """Readable when any of the links is."""
        return self._poll.fileno()

    def recv_batch(self, limit: int) -> list[Incoming]:
        """What came in by the links that have something."""
        batch: list[Incoming] = []
        for descriptor, _ in self._poll.poll(0):
            batch += self._by_descriptor[descriptor].recv_batch(limit)
        return batch

    def send_batch(self, address: Address, datagrams: list[bytes]) -> None:
        """By the link that this remote talks to."""
        self._link(address).send_batch(address, datagrams)

    def changes(self) -> list[Change]:
        """Of all links."""
        return [change for link in self.links for change in link.changes()]

    def close_stream(self, address: Address) -> None:
        """In its link."""
        self._link(address).close_stream(address)

    def adjust(self, options: LinkOptions) -> None:
        """Every socket."""
        for link in self.links:
            link.adjust(options)

    def set_tos(self, tos: int) -> None:
        """Every socket."""
        for link in self.links:
            link.set_tos(tos)

    def close(self) -> None:
        """All of them."""
        for link in self.links:
            link.close()
        self._poll.close()

    def _link(self, address: Address) -> Link:
        return self.links[int(address.local.partition("/")[0])]
