"""`lab export kathara`: a topology as lab.conf, with a script for each device to start with.

Kathara's collision domains are the lab's segments. Its names have no hyphens: server-b is server_b.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from labs.containers.compose import LAB, TUN, Export
from labs.containers.node import role_of, write_shared
from labs.settings import Settings
from labs.topology import Node, Topology

IMAGE = "vpnlab"
HEAD = """\
# {title}.
#
#   kathara lstart
#   kathara exec {client} -- ping -c3 {target}
#   kathara lclean
#
# Written by `lab export kathara{words}`, with the keys in each end's own directory.

LAB_NAME="{name}"
LAB_DESCRIPTION="{title}"
"""


def files(export: Export) -> dict[str, str]:
    """lab.conf, and NODE.startup for each node."""
    found = {"lab.conf": _conf(export)}
    for node in export.topology.nodes:
        found[f"{device(node.name)}.startup"] = _startup(node, export)
    return found


def device(name: str) -> str:
    """A node's or a segment's name as Kathara takes it."""
    return name.replace("-", "_").lower()


def _conf(export: Export) -> str:
    topology = export.topology
    lines = [
        HEAD.format(
            title=topology.title[:1].upper() + topology.title[1:],
            name=topology.name,
            client=device(topology.vpn.clients[0]),
            target=topology.address(topology.vpn.target),
            words="".join(f" {word}" for word in export.words),
        )
    ]
    for node in topology.nodes:
        name = device(node.name)
        ports = enumerate(topology.ports(node.name))
        lines += [f'{name}[{number}]="{device(port.segment)}"' for number, port in ports]
        lines += [f'{name}[image]="{IMAGE}"', f'{name}[shell]="/bin/bash"']
        if node.is_router:
            lines.append(f'{name}[sysctl]="net.ipv4.ip_forward=1"')
        lines.append("")
    return "\n".join(lines)


def _startup(node: Node, export: Export) -> str:
    """What a device runs when it has its links; it goes on when the script has ended."""
    words = ["lab", "node", node.name, *export.plan]
    role = role_of(export.topology, node.name)
    lines = []
    if role is not None:
        words += ["--shared", LAB, "--vpn", export.settings.program(role)]
        lines.append(f"[ -e {TUN} ] || {{ mkdir -p /dev/net && mknod {TUN} c 10 200; }}")
    count = len(export.topology.ports(node.name))
    on_megalos = " ".join(f"--dev net{number}" for number in range(count))
    # Megalos names the lab's links net0, net1, ...: eth0 is the cluster's there.
    lines.append(f"links=; [ ! -e /sys/class/net/net0 ] || links='{on_megalos}'")
    lines.append(f"{shlex.join(words)} $links > /var/log/lab-node.log 2>&1 &")
    return "\n".join(lines) + "\n"


def places(directory: Path, topology: Topology) -> list[Path]:
    """What Kathara copies into the devices, on whichever machine they run."""
    return [directory / device(node.name) for node in topology.nodes]


def write_keys(directory: Path, topology: Topology, settings: Settings) -> None:
    """Give each end its own keys and configuration, and no other's."""
    vpn = topology.vpn
    with TemporaryDirectory() as made:
        write_shared(Path(made), topology, settings)
        for name in (*vpn.servers, *vpn.clients):
            own = Path("vpn", name)
            target = directory / device(name) / LAB.lstrip("/") / own
            shutil.copytree(Path(made) / own, target, dirs_exist_ok=True)
