"""Where only a proxy leads out: the tunnel goes through an HTTP proxy, and through a SOCKS one.

The proxy on laptop is the only host whose packets the router lets out. Over HTTP the client asks it
to CONNECT, so the VPN speaks TCP.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labs.build import Firewall, Rule, Verdict, wait_for
from labs.scenario import Stage, scenario

if TYPE_CHECKING:
    from labs.build import Process

PROXY = "192.168.50.11"
HTTP, SOCKS = 3128, 1080
CONF = f"Port {HTTP}\nListen {PROXY}\nTimeout 600\nMaxClients 10\n"


@scenario(howto=(16,), needs=("tinyproxy", "microsocks"))
def play(stage: Stage) -> None:
    stage.act("The router lets out only what comes from laptop, on which two proxies run.")
    out = Rule("not-by-proxy", Verdict.DROP, source="192.168.50.10", arriving="eth0")
    stage.lab["nat"].apply(Firewall(rules=(out,)))
    conf = stage.lab.sandbox.directory / "tinyproxy.conf"
    conf.write_text(CONF, encoding="utf-8")
    _started(stage, HTTP, "tinyproxy", "-d", "-c", str(conf))
    _started(stage, SOCKS, "microsocks", "-i", PROXY, "-p", str(SOCKS))
    stage.cannot_ping("client", "203.0.113.1")
    for name, port in (("http-proxy", HTTP), ("socks-proxy", SOCKS)):
        stage.up("proto=tcp", f"client:{name}={PROXY} {port}")
        stage.pings("client", "files")
        stage.lab.stop_tunnel()
        stage.change(f"client:-{name}")
    dropped = stage.lab["nat"].counts()["not-by-proxy"].packets
    stage.see(f"the router has dropped {dropped} packets that went by no proxy", dropped > 0)


def _started(stage: Stage, port: int, *argv: str) -> Process:
    laptop = stage.lab["laptop"]
    process = laptop.start(argv[0], argv)
    listening = re.compile(rf"{re.escape(PROXY)}:{port}\s")
    wait_for(
        lambda: listening.search(laptop.run(["ss", "-Hltn"]).stdout), 10.0, f"{argv[0]} to listen"
    )
    return process
