"""The server pushes name servers and domains: the client's resolver uses them, scripts are told.

Our client sets the resolver by itself and restores it at the end; a stock client of 2.6 leaves it
to a script. Both hand what was pushed to scripts, as foreign_option_1, 2, ...
"""

from __future__ import annotations

from labs.scenario import Stage, scenario

OWN = "nameserver 192.0.2.53\n"
PUSHED = ("DNS 10.20.0.10", "DOMAIN lab.example", "WINS 10.20.0.11")


@scenario(howto=(11,))
def play(stage: Stage) -> None:
    client = stage.lab.client
    client.node.resolv_conf_path.write_text(OWN, encoding="utf-8")
    client.node.hosts_path.write_text("127.0.0.1\tlocalhost\n", encoding="utf-8")
    told, script = client.directory / "told", client.directory / "up.sh"
    script.write_text(f"#!/bin/sh\nenv | grep ^foreign_option >{told}\n", encoding="utf-8")
    script.chmod(0o755)
    pushed = [f"server:push=dhcp-option {one}" for one in PUSHED]
    stage.up(*pushed, "client:script-security=2", f"client:up={script}")
    words = told.read_text(encoding="utf-8").splitlines()
    for one in PUSHED:
        stage.see(f"a script is told: {one}", any(one in word for word in words), words)
    if client.program == "openvpn":
        return
    resolver = stage.lab.run("client", ["cat", "/etc/resolv.conf"]).stdout
    stage.see("the resolver asks 10.20.0.10 now", "nameserver 10.20.0.10" in resolver, resolver)
    found = stage.lab.run("client", ["getent", "hosts", "files"]).stdout.split()
    stage.see("and knows files by that", found[:1] == ["10.20.0.10"], found)
    client.stop()
    left = stage.lab.run("client", ["cat", "/etc/resolv.conf"]).stdout
    stage.see("at the end all is as it was", left == OWN, left)
