"""Two clients reach each other by the server's kernel, or with client-to-client by its VPN alone.

Without `client-to-client` what one client sends to another comes out of the server's tun and, if
the kernel forwards and no rule forbids, goes back into it; so the server's firewall can forbid it.
With it no kernel and no firewall sees these packets.
"""

from __future__ import annotations

from labs.build import Firewall, Rule, Verdict
from labs.scenario import Stage, scenario

SEPARATED = Firewall(
    rules=(Rule("clients-apart", Verdict.DROP, arriving="tun0", leaving="tun0"),),
)


@scenario(topology="two-clients")
def play(stage: Stage) -> None:
    lab, server = stage.lab, stage.lab["server"]
    stage.up()
    other = lab.tunnel_address("client-b")
    stage.pings("client-a", other)
    stage.act("A rule on the server keeps its clients apart.")
    server.apply(SEPARATED)
    stage.cannot_ping("client-a", other)
    count = server.counts()["clients-apart"].packets
    stage.see(f"the rule has taken {count} packets", count > 0)
    stage.explains("no-client-to-client", "client-a", "client-b")
    lab.stop_tunnel()
    stage.up("client-to-client")
    before = server.counts()["clients-apart"].packets
    stage.pings("client-a", lab.tunnel_address("client-b"))
    after = server.counts()["clients-apart"].packets
    stage.see("the rule has not seen them: the VPN sent them on", before == after, after)
    stage.pings("client-a", "files")
