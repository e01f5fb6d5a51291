"""Who gets which address, and which packets go into the tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labs.stage import Stage


def tells(stage: Stage, topology: str, address: str, route: str) -> None:
    """Bring a tunnel up with this topology inside; what the client's kernel has then."""
    stage.up(f"server:topology={topology}")
    held = stage.lab.run("client", ["ip", "address", "show", "tun0"]).stdout
    stage.see(f"the client's tun0 has {address}", address in held, held)
    table = stage.lab.run("client", ["ip", "route"]).stdout
    stage.see(f"its kernel has the route {route}", route in table, table)
    stage.pings("client", "10.8.0.1")
    stage.pings("client", "files")
    stage.pings("files", stage.lab.tunnel_address("client"))
