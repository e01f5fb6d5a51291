"""Two groups of clients, and rules for each: by their addresses, which the server's files fix.

client-a belongs to the administrators and reaches all; client-b is a contractor and reaches the
web server of files only. The VPN says who has which address, the firewall what an address may.
"""

from __future__ import annotations

from labs.build import ESTABLISHED, Firewall, Rule, Verdict
from labs.scenario import Stage, scenario

ADMINISTRATOR, CONTRACTOR = "10.8.0.10", "10.8.0.100"
RULES = (
    ESTABLISHED,
    Rule("administrators", Verdict.ACCEPT, source="10.8.0.0/26"),
    Rule(
        "contractors-web", Verdict.ACCEPT,
        source="10.8.0.96/27", proto="tcp", destination="10.20.0.10", destination_port=80,
    ),
    Rule("others", Verdict.DROP, arriving="tun0"),
)  # fmt: skip


@scenario(topology="two-clients", howto=(12,))
def play(stage: Stage) -> None:
    ccd = stage.lab.server.directory / "ccd"
    ccd.mkdir(exist_ok=True)
    administrator, contractor = (client.name for client in stage.lab.clients)
    for name, address in ((administrator, ADMINISTRATOR), (contractor, CONTRACTOR)):
        (ccd / name).write_text(f"ifconfig-push {address} 255.255.255.0\n", encoding="utf-8")
        stage.note(f"ccd/{name}: ifconfig-push {address} 255.255.255.0")
    stage.lab["server"].apply(Firewall(rules=RULES))
    stage.up(f"server:client-config-dir={ccd}")
    stage.pings(administrator, "files")
    stage.see(f"{administrator} sees the pages of files", _page(stage, administrator))
    stage.cannot_ping(contractor, "files")
    stage.see(f"{contractor} sees the pages of files", _page(stage, contractor))
    dropped = stage.lab["server"].counts()["others"].packets
    stage.see(f"the server's rule for others has dropped {dropped} packets", dropped > 0)


def _page(stage: Stage, node: str) -> bool:
    said = stage.lab.run(node, ["curl", "-sS", "-m8", "http://10.20.0.10/"], check=False)
    return "You have reached files" in said.stdout
