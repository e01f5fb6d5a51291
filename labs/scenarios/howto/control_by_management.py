"""The management interface of a client: over TCP, then at a unix socket as graphical ones use it.

Its state, its log and its byte counts are asked for, it is told to connect anew, held and released,
and ended.
"""

from __future__ import annotations

from labs.management import converse
from labs.scenario import Stage, scenario

LOCAL = ("127.0.0.1", 7505)


@scenario(speed=10, howto=(7,))
def play(stage: Stage) -> None:
    client, node = stage.lab.client, stage.lab["client"]
    stage.up(f"client:management={LOCAL[0]} {LOCAL[1]}")
    stage.act("Over TCP, on the client's node: state, log, byte counts, and connect anew.")
    answers = converse(
        node, LOCAL,
        ("", "^>INFO"), ("state", "^END"), ("log 1", "^END"),
        ("bytecount 1", "^SUCCESS"), ("", "^>BYTECOUNT:"), ("signal SIGUSR1", "^SUCCESS"),
    )  # fmt: skip
    for answer in answers:
        stage.note(answer[0] if answer[-1] == "END" else answer[-1])
    state = answers[1]
    stage.see(
        "the state is CONNECTED, with the address in the tunnel",
        "CONNECTED,SUCCESS,10.8.0." in state[0],
    )
    stage.hears(client, "received, process restarting")
    client.stop()
    socket = str(stage.lab.sandbox.directory / "management")
    stage.change(f"client:management={socket} unix", "client:management-hold")
    stage.act("At a unix socket: the program waits (management-hold) until it is released.")
    client.start()
    hold, released = converse(node, socket, ("", "^>HOLD"), ("hold release", "^SUCCESS"))
    stage.note(hold[-1])
    stage.note(released[-1])
    client.wait_up(20.0)
    stage.pings("client", "files")
    stage.act("And ended.")
    (ended,) = converse(node, socket, ("signal SIGTERM", "^SUCCESS"))
    stage.note(ended[-1])
    stage.waits("the program has ended", lambda: not client.is_alive)
