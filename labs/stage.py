"""The stage on which a scenario is played: a lab whose tunnel is not up yet, and who tells of it.

What is done is told with `act`, what is seen with `see` and its kin. What was to be seen and was
not ends the story with a StoryError that says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from labs import explain, faults
from labs.build import CommandFailed, NetnsError, wait_for
from labs.endpoint import UP
from labs.errors import LabError

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.explain import Diagnosis
    from labs.lab import Lab

UP_SECONDS = 20.0
HEAR_SECONDS = 20.0


class StoryError(LabError):
    """Something in a scenario is not as the story says."""


class Stage:
    """A lab, its story so far, and the verbs in which scenarios are written."""

    def __init__(self, lab: Lab, tell: Callable[[str], None]) -> None:
        self.lab = lab
        self._tell = tell

    # --- telling ------------------------------------------------------------------------------

    def act(self, text: str) -> None:
        """Tell what is done now."""
        self._tell(f"* {text}")

    def note(self, text: str) -> None:
        """Tell what was measured, or quote a line."""
        self._tell(f"    {text}")

    def see(self, text: str, truth: object, why: object = "") -> None:
        """Tell what is seen; the story fails if it is not so."""
        if not truth:
            raise StoryError(f"not seen: {text}", str(why))
        self._tell(f"  + {text}")

    # --- the tunnel ---------------------------------------------------------------------------

    def change(self, *sets: str) -> None:
        """Change the ends' directives (as `--set` does) from their next start on."""
        self.lab.change(*sets)

    def start(self, *sets: str) -> None:
        """Start both ends, and wait for the server only: the client may be meant to fail."""
        self.change(*sets)
        self.lab.start_servers(UP_SECONDS)
        for client in self.lab.clients:
            client.start()

    def up(self, *sets: str) -> None:
        """Bring the tunnel up."""
        self.change(*sets)
        self.lab.start_tunnel(UP_SECONDS)
        self._tell(f"  + the tunnel is up: {self.lab.settings}")

    def restart(self, end: Endpoint) -> None:
        """End one end and start it anew, without waiting for the tunnel."""
        end.stop()
        end.start()

    # --- what is seen -------------------------------------------------------------------------

    def hears(
        self, end: Endpoint, text: str | re.Pattern[str], seconds: float = HEAR_SECONDS
    ) -> re.Match[str]:
        """Wait for a line in an end's log, and quote it."""
        process = end.process
        if process is None:
            raise StoryError(f"{end.name}: no VPN was started")
        try:
            found = process.wait_log(text, seconds)
        except NetnsError as error:
            raise StoryError(str(error), f"it said: {end.last_words()}") from None
        line = found.string[
            found.string.rfind("\n", 0, found.start()) + 1 : _line_end(found.string, found.end())
        ]
        self._tell(f"  + {end.name} says: {line.strip()}")
        return found

    def pings(self, node: str, target: str, *, count: int = 1) -> None:
        """See that a node reaches an address, or another node at its own one."""
        address = self._address(target)
        text = f"{node} reaches {target}" + (f" at {address}" if address != target else "")
        self.see(text, self._is_reached(node, address, count, 8), "no answer to ping")

    def cannot_ping(self, node: str, target: str) -> None:
        """See that a node gets no answer from there."""
        address = self._address(target)
        self.see(f"{node} does not reach {target}", not self._is_reached(node, address, 1, 2))

    def waits(self, text: str, truth: Callable[[], object], seconds: float = HEAR_SECONDS) -> None:
        """Wait until something is so, and tell of it."""
        wait_for(truth, seconds, text)
        self._tell(f"  + {text}")

    def is_back(self, end: Endpoint, times: int = 2) -> None:
        """Wait until an end has brought the tunnel up for the so-manieth time."""
        self.waits("the tunnel is up again", lambda: end.log_text().count(UP) >= times)

    def _address(self, target: str) -> str:
        return self.lab.topology.address(target) if target in self.lab.nodes else target

    def _is_reached(self, node: str, address: str, count: int, seconds: int) -> bool:
        """The first ping may meet a route or an ARP entry that is just being made."""
        argv = ["ping", "-nq", "-c", str(count), "-i", "0.2", "-w", str(seconds), address]
        try:
            self.lab[node].run(argv)
        except CommandFailed:
            return False
        return True

    # --- faults and their explanation -----------------------------------------------------------

    def inject(self, name: str) -> None:
        """Put a fault in; who runs already goes on and notices it or not."""
        faults.inject(self.lab, name)
        self.note(f"fault {name}: {faults.find(name).says}")

    def heal(self) -> None:
        """Take all faults out."""
        faults.heal(self.lab)

    def explains(self, cause: str, source: str | None = None, target: str | None = None) -> None:
        """See that `lab explain` finds this cause, from what can be seen alone."""
        found: Diagnosis = explain.explain(self.lab, source, target)
        self.see(f"lab explain: {found.cause}: {found.sentence}", found.cause == cause, found.cause)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
