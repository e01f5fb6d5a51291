"""mssfix makes TCP inside send smaller segments, so that no packet of the tunnel has to be cut.

Both ends of a TCP connection tell each other how much a segment may hold. The VPN rewrites that
number on its way through the tunnel.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    sizes = {}
    for words in ("mssfix=0", "mssfix=1000"):
        stage.up(words)
        sizes[words] = _segment_size(stage)
        stage.note(f"{words.replace('=', ' ')}: files is told to send segments of {sizes[words]}")
        stage.lab.stop_tunnel()
    untouched, clamped = sizes.values()
    stage.see("without mssfix it is what the client's device allows: 1460", untouched == 1460)
    stage.see("with it, a segment and all heads fit into that many bytes", 800 < clamped < 1000)


def _segment_size(stage: Stage) -> int:
    """What the server's network is told when the client opens a connection."""
    from scapy.layers.inet import TCP

    with stage.lab["files"].expect(
        lambda packet: TCP in packet and packet[TCP].flags == "S", "a connection", "eth0"
    ) as seen:
        stage.lab.run("client", ["curl", "-sS", "-m8", "http://10.20.0.10/"])
    return int(dict(seen[0][TCP].options)["MSS"])
