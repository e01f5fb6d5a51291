"""A scenario: a story that a lab plays, told line by line and checked on the way.

One file in labs/scenarios/CHAPTER/ is one scenario: its docstring says what happens, its `play`
makes it happen.

    @scenario(topology="three-lans", speed=30)
    def play(stage: Stage) -> None:
        stage.act("The firewall lets the VPN's port in no more.")
        stage.inject("firewall-drop")
        stage.start()
        stage.hears(stage.lab.client, "TLS key negotiation failed to occur within 60 seconds")
        stage.explains("firewall-drop")

Arrange by topology, act, observe. The same code runs under `lab scenario run` and under pytest.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from labs.stage import Stage

Pair = tuple[str, str]  # the programs of client and server

OURS: Pair = ("ours", "ours")
STOCK_SERVER: Pair = ("ours", "openvpn")
STOCK_CLIENT: Pair = ("openvpn", "ours")
EVERY_PAIR = (OURS, STOCK_SERVER, STOCK_CLIENT)

__all__ = ["EVERY_PAIR", "OURS", "STOCK_CLIENT", "STOCK_SERVER", "Scenario", "Stage", "scenario"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story, and what it needs.

    pairs    which programs can play it; a pair that can't is left out for a reason that
             the docstring names
    speed    how much faster than real time the two ends' clocks run
    howto    the chapters of the community HOWTO that it plays
    needs    programs of the system beside those of the lab
    """

    name: str
    chapter: str
    text: str
    topology: str
    pairs: tuple[Pair, ...]
    speed: float
    howto: tuple[int, ...]
    needs: tuple[str, ...]
    play: Callable[[Stage], None]

    @property
    def says(self) -> str:
        """The story in one sentence."""
        return self.text.partition("\n\n")[0].replace("\n", " ")


def scenario(
    *,
    topology: str = "three-lans",
    pairs: tuple[Pair, ...] = EVERY_PAIR,
    speed: float = 1,
    howto: tuple[int, ...] = (),
    needs: tuple[str, ...] = (),
) -> Callable[[Callable[[Stage], None]], Scenario]:
    """Make a module's `play` its scenario; name, chapter and text are the module's."""

    def made(play: Callable[[Stage], None]) -> Scenario:
        module = inspect.getmodule(play)
        assert module is not None
        _labs, _scenarios, chapter, name = module.__name__.rsplit(".", 3)
        text = inspect.cleandoc(module.__doc__ or "")
        return Scenario(
            name.replace("_", "-"), chapter, text, topology, pairs, speed, howto, needs, play
        )  # fmt: skip

    return made
