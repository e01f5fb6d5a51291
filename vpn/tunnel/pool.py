"""The address pool: a free tunnel address for each client [man: --ifconfig-pool].

In topology subnet every address is one client's; in net30 each client takes a /30 of four, of
which it gets the third and its peer the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

NET30_STEP = 4
MAX_SIZE = 65536


@dataclass(slots=True)
class _Entry:
    common_name: str = ""
    in_use: bool = False
    released: float = field(default=-1.0)  # seconds; never used sorts first


class AddressPool:
    """Hands out addresses from `first` to `last`, both included."""

    def __init__(self, first: str, last: str, *, is_net30: bool = False) -> None:
        self._first, end = int(IPv4Address(first)), int(IPv4Address(last))
        self._step = NET30_STEP if is_net30 else 1
        self._offset = 2 if is_net30 else 0
        if is_net30:  # a /30 begins at a multiple of four, wherever the pool was said to
            self._first -= self._first % NET30_STEP
        size = min((end - self._first) // self._step + 1, MAX_SIZE)
        self._entries = [_Entry() for _ in range(size)]

    def take(self, common_name: str, *, reuse: bool = True) -> IPv4Address | None:
        """The address this name had before, else the one longest unused; None if all are taken."""
        free = [(i, entry) for i, entry in enumerate(self._entries) if not entry.in_use]
        if not free:
            return None
        own = [pair for pair in free if reuse and pair[1].common_name == common_name]
        index, entry = own[0] if own else min(free, key=lambda pair: (pair[1].released, pair[0]))
        entry.common_name, entry.in_use = common_name, True
        return IPv4Address(self._first + index * self._step + self._offset)

    def release(self, address: IPv4Address, now: float) -> None:
        """Give an address back."""
        index, rest = divmod(int(address) - self._first - self._offset, self._step)
        if rest == 0 and 0 <= index < len(self._entries):
            self._entries[index].in_use = False
            self._entries[index].released = now
