"""The node that this process is on: a container that is furnished from within.

It has the verbs of `Node` that furnish one. What somebody else has seen to already, the program
that started the container, is left as it is.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

from netns import address, link, sysctl
from netns.errors import NetnsError
from netns.wait import wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netns.nft import Rules

HOSTS = Path("/etc/hosts")
LINK_SECONDS = 30.0


class Here:
    """One node, in this very network namespace."""

    def __init__(self, name: str, hosts: Path = HOSTS) -> None:
        self.name = name
        self._hosts = hosts

    # --- links --------------------------------------------------------------------------------

    def claim_links(self, wanted: Mapping[str, str], found: Sequence[str] = ()) -> None:
        """Give each link its name, {"eth0": "192.168.50.10/24"}, and switch it on.

        It is the one that has the address already; else the next of `found`; else that of its own
        name. Whoever made the links may plug them in later than this begins.
        """
        left = iter(found)
        named = {new: self._holder_of(held) or next(left, new) for new, held in wanted.items()}
        for old in named.values():
            self._wait_there(old)
        self._rename({old: new for new, old in named.items() if old != new})
        for dev in wanted:
            link.change(dev, state="up")

    def wait_link(self, dev: str) -> None:
        """Wait until a link is there, and switch it on."""
        self._wait_there(dev)
        link.change(dev, state="up")

    def _wait_there(self, dev: str) -> None:
        wait_for(lambda: dev in link.names(), LINK_SECONDS, f"{self.name}: link {dev}")

    def _holder_of(self, wanted: str) -> str | None:
        with IPRoute() as kernel:
            for held in kernel.addr("dump"):
                if held.get("local") == wanted.partition("/")[0]:
                    return link.name_of(held["index"])
        return None

    def _rename(self, names: Mapping[str, str]) -> None:
        """All at once: two may change names, and a name may belong to a link that is not ours."""
        taken = set(names.values()) & set(link.names())
        aside = {dev: f"{dev}-other" for dev in taken - set(names)}
        first = {old: f"renamed{number}" for number, old in enumerate(names)}
        second = {first[old]: new for old, new in names.items()}
        for step in (aside, first, second):
            for old, new in step.items():
                link.change(old, state="down")
                link.change(old, ifname=new)

    def set_mtu(self, dev: str, mtu: int) -> None:
        """Change the size of the largest packet on a link."""
        link.change(dev, mtu=mtu)

    def add_tap(self, dev: str) -> None:
        """Make a tap for a program that is to open it by this name."""
        link.add_tap(dev)
        link.change(dev, state="up")

    def add_bridge(self, name: str, ports: Sequence[str]) -> None:
        """Join links by a bridge; what addresses they have are no longer theirs."""
        link.add_bridge(name)
        for port in ports:
            address.flush(port)
            link.change(port, master=link.index_of(name))

    # --- addresses, routes, settings ----------------------------------------------------------

    def add_address(self, dev: str, address_text: str) -> None:
        """Give a link an address, unless it has it."""
        address.change_address("replace", dev, address_text)

    def forget_default_routes(self) -> None:
        """Leave none but the lab's own: by Docker's, packets would go round the lab's NAT."""
        with IPRoute() as kernel:
            kernel.flush_routes(dst_len=0, table=254)

    def add_route(self, to: str, via: str) -> None:
        """Add or replace a route."""
        address.change_route("replace", to, via=via)

    def set_sysctl(self, name: str, value: str | int) -> None:
        """Change a network setting; most containers show them read-only, so they come with it."""
        if self.sysctl(name) == str(value):
            return
        try:
            sysctl.write(name, str(value))
        except OSError as error:
            why = f"{error.strerror} within this container"
            fix = f"start it with --sysctl {name}={value}"
            raise NetnsError(f"{self.name}: cannot set {name}", why, fix) from None

    def sysctl(self, name: str) -> str:
        """Read a network setting."""
        return sysctl.read(name)

    # --- NAT, firewall, names -----------------------------------------------------------------

    def apply(self, rules: Rules) -> None:
        """Load a Nat, Firewall or Balancer; one of that kind that was there goes."""
        argv = ["nft", "-f", "-"]
        script = rules.script()
        done = subprocess.run(argv, input=script, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            why = next(iter(done.stderr.strip().splitlines()), f"exit status {done.returncode}")
            raise NetnsError(f"{self.name}: table {rules.table}: nft", why)

    def add_hosts(self, names: Mapping[str, str]) -> None:
        """Let this node know others by name, unless it does."""
        lines = self._hosts.read_text(encoding="utf-8").splitlines()
        known = {name for line in lines for name in line.partition("#")[0].split()[1:]}
        new = {name: held for name, held in names.items() if name not in known}
        if new:
            with self._hosts.open("a", encoding="utf-8") as file:
                file.writelines(f"{held}\t{name}\n" for name, held in new.items())
