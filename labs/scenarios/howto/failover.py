"""Two servers with a pool each: one does not answer, one dies, and the client finds the other.

The client's file has two remotes. The first is nobody's address: after server-poll-timeout it goes
on to the second. When the server behind that dies, the balancer sends the client to the other one,
which gives it an address of its own pool.
"""

from __future__ import annotations

from labs.build import rebalance
from labs.scenario import Stage, scenario

NOBODY, PUBLIC = "198.51.100.13", "198.51.100.10"


@scenario(topology="two-servers", howto=(18,), speed=10)
def play(stage: Stage) -> None:
    balancer, client = stage.lab["balancer"], stage.lab.client
    rebalance(balancer, stage.lab.topology, pinned="server-a")
    stage.act(f"The client is given two remotes: {NOBODY}, where nobody is, and {PUBLIC}.")
    stage.up(
        "client:-remote", f"client:remote={NOBODY} 1194", f"client:remote={PUBLIC} 1194",
        "client:server-poll-timeout=5", "client:connect-retry=1",
    )  # fmt: skip
    log = client.log_text()
    stage.see(f"it has asked at {NOBODY} first", f"[AF_INET]{NOBODY}:1194" in log)
    first = stage.lab.tunnel_address("client")
    stage.see(f"server-a has given it {first}", first.startswith("10.8.0."), first)
    stage.act("server-a dies, and the balancer leads to server-b.")
    stage.lab.server.stop()
    rebalance(balancer, stage.lab.topology, pinned="server-b")
    stage.is_back(client)
    second = stage.lab.tunnel_address("client")
    stage.see(f"server-b has given it {second}", second.startswith("10.9.0."), second)
    stage.pings("client", "files")
