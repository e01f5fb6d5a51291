"""A LAN behind each end, joined by their frames: hosts on both sides are in one network.

Each end's tap is a port of a bridge with the LAN behind it. The hosts know nothing of a VPN: they
ask for each other by ARP, and the answer comes through the tunnel.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario

GUEST = "10.20.0.50"


@scenario(topology="site-to-site", howto=(10,))
def play(stage: Stage) -> None:
    lab = stage.lab
    stage.act("At each end the tap of the VPN is bridged with the LAN behind it.")
    for name, segment in (("server", "server-lan"), ("client", "branch-lan")):
        lab[name].add_tap("tap0")
        lab[name].add_bridge("br0", [lab.topology.dev(name, segment), "tap0"])
    lab["server"].add_address("br0", "10.20.0.1/24")
    lab["branch-pc"].add_address("eth0", f"{GUEST}/24")
    pool = "10.20.0.1 255.255.255.0 10.20.0.100 10.20.0.110"
    stage.up(
        "dev=tap0", "server:-server", "server:-topology", "server:-push", "server:-route",
        "server:-client-config-dir", f"server:server-bridge={pool}", "client:ifconfig-noexec",
    )  # fmt: skip
    stage.pings("branch-pc", "files")
    known = lab.run("branch-pc", ["ip", "neighbour", "show", "10.20.0.10"]).stdout
    mac = lab["files"].links()["eth0"].mac
    stage.see(f"branch-pc knows files by its own hardware address, {mac}", mac in known, known)
    stage.pings("files", GUEST)
