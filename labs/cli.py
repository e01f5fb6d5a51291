"""The program `lab`: its commands and options. What they do is in commands.py, imported late."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

PROGRAMS = click.Choice(["ours", "openvpn"])

name_option = click.option("--name", "-n", metavar="LAB", help="Which lab; needed if several.")
backend_option = click.option(
    "--backend", type=click.Choice(["netns", "docker"]), default="netns", show_default=True,
    help="Namespaces of this kernel, or containers of the image vpnlab.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Commands(click.Group):
    """Whatever goes wrong is one line and exit status 1."""

    def main(self, args: Sequence[str] | None = None, *_more: Any, **_options: Any) -> NoReturn:
        try:
            result = super().main(args, prog_name="lab", standalone_mode=False)
        except click.ClickException as error:
            _fail(error.format_message())
        except (click.Abort, KeyboardInterrupt):
            _fail("interrupted")
        except Exception as error:
            if os.environ.get("LAB_TRACEBACK"):
                raise
            _fail(_said(error))
        sys.exit(result if isinstance(result, int) else 0)


def _fail(text: str) -> NoReturn:
    click.echo(f"lab: {text}", err=True)
    sys.exit(1)


def _said(error: Exception) -> str:
    """An error in one line; one that nobody foresaw says how to see where."""
    from labs.build import NetnsError
    from labs.errors import LabError
    from vpn.errors import VpnError

    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}" if lines else ""
    if isinstance(error, LabError | NetnsError | VpnError):
        return text
    kind = type(error).__name__
    return f"internal error: {kind}: {text} (LAB_TRACEBACK=1 shows where)"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vpnlab", prog_name="lab")
def main() -> None:
    """A network lab for a VPN: three networks, a NAT, a firewall, and a tunnel through them."""


@main.command()
@click.argument("plan", required=False, metavar="[TOPOLOGY]")
@click.option("--topology", "-t", metavar="NAME|FILE.toml", help="The same, as an option.")
@click.option("--name", "-n", metavar="LAB", help="Its name; else that of the topology.")
@click.option("--client", type=PROGRAMS, default="ours", show_default=True)
@click.option("--server", type=PROGRAMS, default="ours", show_default=True)
@click.option(
    "--set", "-s", "sets", multiple=True, metavar="[END:]DIRECTIVE[=VALUE]",
    help="Change the VPN's configuration at all ends, at client: or server:, or on one NODE:.",
)  # fmt: skip
@click.option(
    "--speed", type=float, default=1.0, metavar="N", show_default=True,
    help="Let both programs' clocks run N times as fast (1..100): a minute takes 60/N seconds.",
)  # fmt: skip
@click.option(
    "--clock", "clocks", multiple=True, metavar="[END=]SHIFT",
    help="Put an end's clock off: client=+400d, server=-2h.",
)  # fmt: skip
@backend_option
@click.option("--replace", is_flag=True, help="Take down a lab of that name first.")
@click.option("--keep", is_flag=True, help="Leave it up even if its tunnel does not come up.")
@click.option(
    "--timeout", "seconds", type=click.FloatRange(min=0.1), default=20.0, show_default=True,
    metavar="SECONDS", help="How long the tunnel may take.",
)  # fmt: skip
@json_option
def up(
    plan: str | None,
    topology: str | None,
    name: str | None,
    client: str,
    server: str,
    sets: tuple[str, ...],
    speed: float,
    clocks: tuple[str, ...],
    backend: str,
    replace: bool,
    keep: bool,
    seconds: float,
    as_json: bool,
) -> None:
    """Bring a lab up and ping through its tunnel.

    TOPOLOGY is a name that `lab list` knows, or a TOML file; three-lans if none is given. A lab
    that is up with the same settings stays as it is; a tunnel that has broken down is mended.
    """
    from labs import commands, topologies
    from labs.settings import Settings

    commands.up(
        topologies.find(plan or topology or topologies.DEFAULT),
        Settings.of(client, server, sets, speed, clocks),
        name=name,
        backend=backend,
        replace=replace,
        keep=keep,
        seconds=seconds,
        as_json=as_json,
    )


@main.command()
@name_option
@click.option("--all", "everything", is_flag=True, help="Every lab of yours.")
def down(name: str | None, everything: bool) -> None:
    """Take a lab down; nothing of it is left."""
    from labs import commands

    commands.down(name, everything=everything)


@main.command()
@name_option
@json_option
def status(name: str | None, as_json: bool) -> int:
    """Say whether the tunnel is up, who runs it, with which addresses."""
    from labs import commands

    return 0 if commands.status(name, as_json=as_json) else 1


@main.command("exec", context_settings={"ignore_unknown_options": True})
@name_option
@click.argument("node")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(name: str | None, node: str, command: tuple[str, ...]) -> None:
    """Run COMMAND on NODE, with its exit status."""
    from labs import commands

    commands.execute(name, node, command)


execute.allow_interspersed_args = False


@main.command()
@name_option
@click.argument("node")
def shell(name: str | None, node: str) -> None:
    """Open a shell on NODE."""
    from labs import commands

    commands.shell(name, node)


@main.command()
@json_option
@click.option("--ci", "for_ci", is_flag=True, help="Print a line a fact, for a workflow's log.")
def doctor(as_json: bool, for_ci: bool) -> int:
    """Look for what this machine lacks, and say how to put it right."""
    from labs import commands

    return 0 if commands.examine(as_json=as_json, for_ci=for_ci) else 1


@main.command()
@name_option
@click.option("--topology", "-t", metavar="NAME|FILE.toml", help="Draw this; it need not be up.")
def graph(name: str | None, topology: str | None) -> None:
    """Draw a lab with the addresses it has right now."""
    from labs import commands

    commands.graph(name, topology)


@main.command("list")
@json_option
def listing(as_json: bool) -> None:
    """Say which labs are up, and which topologies there are."""
    from labs import commands

    commands.listing(as_json=as_json)


# --- what goes wrong --------------------------------------------------------------------------


@main.command("break")
@name_option
@click.argument("fault", required=False)
@click.option("--list", "is_list", is_flag=True, help="Say which faults there are.")
def break_(name: str | None, fault: str | None, is_list: bool) -> None:
    """Put FAULT into a lab, and start the ends anew that are to meet it."""
    from labs import trouble

    if is_list or fault is None:
        trouble.listing()
    else:
        trouble.break_(name, fault)


@main.command()
@name_option
@click.argument("fault", required=False)
def heal(name: str | None, fault: str | None) -> None:
    """Take FAULT out of a lab, or all that are in it, and wait for the tunnel."""
    from labs import trouble

    trouble.heal(name, fault)


@main.command()
@name_option
@click.argument("source", required=False)
@click.argument("target", required=False)
@json_option
def explain(name: str | None, source: str | None, target: str | None, as_json: bool) -> int:
    """Say why the tunnel is not up, or why SOURCE does not reach TARGET.

    Without them: the client, and the node that it is to reach. The exit code is the class of the
    cause: 0 nothing wrong, 10 a program does not run, 11 the path, 12 the control channel's keys,
    13 certificates, 14 settings that differ, 15 routing, 16 packet sizes, 20 unknown.
    """
    from labs import trouble

    return trouble.explain(name, source, target, as_json=as_json)


# --- scenarios --------------------------------------------------------------------------------


@main.group()
def scenario() -> None:
    """Stories that a lab plays."""


@scenario.command("list")
@json_option
def scenario_list(as_json: bool) -> None:
    """Say which scenarios there are, one line each."""
    from labs import theatre

    theatre.listing(as_json=as_json)


@scenario.command("run")
@click.argument("story", metavar="SCENARIO")
@click.option("--client", type=PROGRAMS, default="ours", show_default=True)
@click.option("--server", type=PROGRAMS, default="ours", show_default=True)
@backend_option
@click.option("--keep", is_flag=True, help="Leave the lab up as the story leaves it.")
@click.option("--pcap", metavar="FILE", help="Record all cables in a pcapng file.")
def scenario_run(
    story: str, client: str, server: str, backend: str, keep: bool, pcap: str | None
) -> None:
    """Play SCENARIO and tell what happens, line by line."""
    from labs import theatre

    theatre.run(story, (client, server), backend, keep=keep, pcap=pcap)


# --- containers -------------------------------------------------------------------------------

topology_option = click.option(
    "--topology", "-t", metavar="NAME|FILE.toml", default="three-lans", show_default=True
)
sets_option = click.option("--set", "-s", "sets", multiple=True, metavar="[END:]DIRECTIVE[=VALUE]")


@main.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(["compose", "containerlab", "kathara"]))
@topology_option
@click.option("--client", type=PROGRAMS, default="ours", show_default=True)
@click.option("--server", type=PROGRAMS, default="ours", show_default=True)
@sets_option
@click.option("--client-image", metavar="IMAGE", help="A VPN of your own at the clients.")
@click.option("--client-command", metavar="WORDS", help="What it runs, if not what it says itself.")
@click.option("--server-image", metavar="IMAGE", help="The same at the servers.")
@click.option("--server-command", metavar="WORDS")
@click.option(
    "--directory", "-d", metavar="DIR", type=click.Path(path_type=Path),
    help="Write the files there; a single one is printed otherwise.",
)  # fmt: skip
def export(
    form: str,
    topology: str,
    client: str,
    server: str,
    sets: tuple[str, ...],
    directory: Path | None,
    **vpns: str | None,
) -> None:
    """Write a topology for another tool: compose, containerlab, kathara."""
    from labs.containers import export as exports
    from labs.settings import Settings

    own = exports.vpns(vpns)
    exports.run(form, topology, Settings.of(client, server, sets), own, directory)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@topology_option
@sets_option
def configs(directory: Path, topology: str, sets: tuple[str, ...]) -> None:
    """Write what the VPN's ends read into DIRECTORY: configurations, and keys if none are there."""
    from labs import topologies
    from labs.containers import node
    from labs.settings import Settings

    node.write_shared(directory, topologies.find(topology), Settings.of(sets=sets))


@main.command()
@click.argument("links", metavar="LINK...", nargs=-1, required=True)
def switch(links: tuple[str, ...]) -> None:
    """Be a switch between LINKs: the main process of a container."""
    from labs.containers import node

    node.switch(links)


@main.command("node")
@click.argument("name", metavar="NODE")
@topology_option
@click.option(
    "--shared",
    type=click.Path(path_type=Path),
    default="/lab",
    show_default=True,
    help="What `lab configs` has written.",
)
@click.option("--vpn", type=PROGRAMS, help="Run this program, if NODE is an end of the tunnel.")
@click.option(
    "--dev",
    "links",
    multiple=True,
    metavar="LINK",
    help="The node's links in order, if neither address nor name tells which is which.",
)
def node_(name: str, topology: str, shared: Path, vpn: str | None, links: tuple[str, ...]) -> int:
    """Be NODE of a topology: the main process of a container."""
    from labs import topologies
    from labs.containers import node

    return node.run(topologies.find(topology), name, shared, vpn, links)
