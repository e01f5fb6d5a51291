"""The milestones of a connection, in the order in which the log tells them; then a ping.

Whoever knows them knows at a glance how far a connection came that did not come up: before which
of these lines the log ends.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario

MILESTONES = (
    ("the remote's address is known", r"UDPv4 link remote: \[AF_INET\]"),
    ("the server has answered", r"TLS: Initial packet from"),
    ("its authority is ours", r"VERIFY OK: depth=1"),
    ("its certificate was issued for a server", r"VERIFY EKU OK"),
    ("its certificate is good", r"VERIFY OK: depth=0"),
    ("the TLS handshake is done", r"Control Channel: TLSv1\.\d"),
    ("the server is whom it says to be", r"Peer Connection Initiated with"),
    ("it has sent addresses, routes and options", r"PUSH: Received control message: 'PUSH_REPLY"),
    ("there is a link for the tunnel", r"TUN/TAP device tun0 opened"),
    ("all is done", r"Initialization Sequence Completed"),
)


@scenario(howto=(5,))
def play(stage: Stage) -> None:
    stage.up()
    places = []
    for meaning, line in MILESTONES:
        stage.act(f"{meaning}:")
        places.append(stage.hears(stage.lab.client, re.compile(line)).start())
    stage.see("they came in this order", places == sorted(places), places)
    stage.pings("client", "10.8.0.1")
    stage.pings("client", "files")
