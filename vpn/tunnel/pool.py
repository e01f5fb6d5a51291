"""The address pool: free tunnel addresses for each client [man: --ifconfig-pool].

In topology subnet every address is one client's; in net30 each client takes a /30 of four, of
which it gets the third and its peer the second. Its IPv6 address has the same place in its pool.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Interface

NET30_STEP = 4
MAX_SIZE = 65536


@dataclass(frozen=True, slots=True)
class Lease:
    """One client's place in the pool."""

    place: int
    ipv4: IPv4Address | None
    ipv6: IPv6Address | None


class AddressPool:
    """Hands out addresses from `first` to `last`, both included, and those from `ipv6` on."""

    def __init__(
        self,
        first: str | None,
        last: str | None,
        *,
        is_net30: bool = False,
        ipv6: str | None = None,
    ) -> None:
        self._step = NET30_STEP if is_net30 else 1
        self._offset = 2 if is_net30 else 0
        self._ipv6 = IPv6Interface(ipv6) if ipv6 else None
        self._first: int | None = None
        size = MAX_SIZE
        if self._ipv6 is not None:
            size = min(size, int(self._ipv6.network[-1]) - int(self._ipv6.ip) + 1)
        if first is not None and last is not None:
            self._first, end = int(IPv4Address(first)), int(IPv4Address(last))
            if is_net30:  # a /30 begins at a multiple of four, wherever the pool was said to
                self._first -= self._first % NET30_STEP
            size = min((end - self._first) // self._step + 1, size)
        self.size = size
        self._names: dict[int, str] = {}  # who had a place last
        self._places: dict[str, int] = {}  # and the place that a name had
        self._free: OrderedDict[int, None] = OrderedDict()  # of those once taken, the oldest first
        self._fresh = 0  # no place before this one has never been taken

    def take(self, common_name: str, *, reuse: bool = True) -> Lease | None:
        """What this name had before, else what is longest unused; None if all is taken."""
        place = self._places.get(common_name) if reuse else None
        if place not in self._free:
            place = self._longest_unused()
        if place is None:
            return None
        self._free.pop(place, None)
        self._remember(place, common_name)
        return Lease(place, self._ipv4(place, self._offset), self._sixth(place))

    def release(self, lease: Lease) -> None:
        """Give a place back."""
        self._free[lease.place] = None

    def _longest_unused(self) -> int | None:
        """What nobody had yet; else what was given back first."""
        while self._fresh in self._names:
            self._fresh += 1
        return self._fresh if self._fresh < self.size else next(iter(self._free), None)

    def _remember(self, place: int, common_name: str) -> None:
        before = self._names.get(place)
        if before is not None and self._places.get(before) == place:
            del self._places[before]
        self._names[place], self._places[common_name] = common_name, place

    def _ipv4(self, place: int, offset: int) -> IPv4Address | None:
        return (
            None if self._first is None else IPv4Address(self._first + place * self._step + offset)
        )

    def _sixth(self, place: int) -> IPv6Address | None:
        return None if self._ipv6 is None else self._ipv6.ip + place

    # -- over a restart [man: --ifconfig-pool-persist] -----------------------------------------

    def lines(self) -> list[str]:
        """Who had what last, as the stock program writes it: `name,IPv4,IPv6`."""
        return [
            f"{name},{self._ipv4(place, 0) or ''},{self._sixth(place) or ''}"
            for place, name in sorted(self._names.items())
            if name
        ]

    def restore(self, lines: Iterable[str]) -> None:
        """Take over what `lines` wrote; what doesn't fit this pool is passed over."""
        for line in lines:
            name, _, addresses = line.strip().partition(",")
            place = self._place(*map(str.strip, (*addresses.split(","), "")[:2]))
            if name and not line.startswith(("#", ";")) and place is not None:
                self._remember(place, name)
                self._free[place] = None  # strangers take what nobody had first

    def _place(self, ipv4: str, ipv6: str) -> int | None:
        try:
            if self._first is not None:
                place = (int(IPv4Address(ipv4)) - self._first) // self._step
            elif self._ipv6 is not None:
                place = int(IPv6Address(ipv6)) - int(self._ipv6.ip)
            else:
                return None
        except ValueError:
            return None
        return place if 0 <= place < self.size else None
