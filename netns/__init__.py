"""Hosts, links, NAT and firewalls in Linux namespaces: a network that no one outside can see.

    from netns import Sandbox

    with Sandbox.create("demo") as sandbox:             # gone at the end of the block
        client = sandbox.add_node("client")
        server = sandbox.add_node("server")
        sandbox.add_segment("lan", [(client, "eth0"), (server, "eth0")])
        client.add_address("eth0", "192.0.2.1/24")
        server.add_address("eth0", "192.0.2.2/24")
        client.add_route("default", via="192.0.2.2")
        server.apply(Firewall(rules=(Rule("no-ssh", Verdict.DROP, Way.INPUT, "tcp",
                                          destination_port=22),)))
        web = server.start("web", ["python3", "-um", "http.server", "80"], ready="Serving")
        client.run(["ping", "-c1", "192.0.2.2"])        # CompletedProcess, or CommandFailed
        web.stop()

A sandbox belongs to the process that made it and ends with that process, however it ends. Call
`sandbox.persist()` when the lab is complete: from then on it lives until `destroy`, or until its
holder is killed. Other processes find it by name:

    sandbox = Sandbox.open("demo")                      # Sandbox.list() names all that are up
    sandbox.save({"topology": "three-lans"})            # JSON values; sandbox.state reads them back
    node = sandbox.node("client")                       # sandbox.nodes() has all, by name
    os.execvp("nsenter", [*node.enter_argv(), "bash"])  # a shell in the node
    node.processes()["vpn"].log_text()                  # what `start` started, by name
    sandbox.destroy()

Nothing is ever made in the network namespace of the host. Errors are NetnsError, in one line.
"""

from __future__ import annotations

from netns.balancer import Balancer, Spread
from netns.capture import Capture
from netns.errors import CommandFailed, DeadlinePassed, NetnsError
from netns.firewall import ESTABLISHED, Firewall, Rule, Verdict, Way
from netns.nat import MAPPING_SECONDS, Nat, NatKind, PortForward
from netns.node import Link, Node
from netns.process import Process
from netns.sandbox import Sandbox
from netns.segment import Port, Segment
from netns.sweep import sweep
from netns.trace import Passage, RuleWatch, Step, Trace
from netns.wait import wait_for

__all__ = [
    "ESTABLISHED",
    "MAPPING_SECONDS",
    "Balancer",
    "Capture",
    "CommandFailed",
    "DeadlinePassed",
    "Firewall",
    "Link",
    "Nat",
    "NatKind",
    "NetnsError",
    "Node",
    "Passage",
    "Port",
    "PortForward",
    "Process",
    "Rule",
    "RuleWatch",
    "Sandbox",
    "Segment",
    "Spread",
    "Step",
    "Trace",
    "Verdict",
    "Way",
    "sweep",
    "wait_for",
]
