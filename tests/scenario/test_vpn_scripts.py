"""Scripts around a tunnel: each at its time, with its words, beside the stock program's."""

from __future__ import annotations

import re
import signal

import pytest

pytestmark = pytest.mark.tun

SCRIPT = """#!/bin/sh
{ echo "$script_type $script_context $*"
  env | sort | grep -E '^(ifconfig|route_|foreign|trusted|OPENVPN_)'
  ip -4 -brief address show dev "$dev" 2>/dev/null | tr -s ' '; } >>NOTES
"""
SCRIPTS = ("up", "route-up", "route-pre-down", "down")
KEEP_NAMES = {"ours": ["client:dns-updown=disable"], "openvpn": []}  # the stock one has no default
# Not told by ours: the way out of the node, which no route of these tunnels depends on.
COMPLETED_AGAIN = re.compile("Preserving previous.*Initialization Sequence Completed", re.DOTALL)
ONLY_STOCK = re.compile(r"^(route_net_gateway|route_redirect_gateway).*\n", re.MULTILINE)


def settings(path) -> list[str]:
    return [f"client:{name}={path}" for name in SCRIPTS] + ["client:script-security=2"]


@pytest.fixture
def noting(tmp_path):
    """A script that notes how it was called; and its notes."""
    script, notes = tmp_path / "note.sh", tmp_path / "notes"
    script.write_text(SCRIPT.replace("NOTES", str(notes)))
    script.chmod(0o755)
    return script, notes


def notes_of(tunnel, noting, client, *sets) -> str:
    script, notes = noting
    pushed = ("server:push=dhcp-option DNS 10.77.0.10", "server:push=setenv-safe shade dark")
    lab = tunnel(client, "openvpn", *settings(script), *pushed, *KEEP_NAMES[client], *sets)
    lab.stop_tunnel()
    text = notes.read_text()
    notes.unlink()
    return ONLY_STOCK.sub("", text)


@pytest.mark.shows("up", "route-up", "route-pre-down", "down", "script-security")
@pytest.mark.shows("down-pre", "setenv-safe")
@pytest.mark.openvpn
@pytest.mark.parametrize("order", [(), ("client:down-pre",)], ids=["down", "down-pre"])
def test_scripts_are_told_what_the_stock_program_tells_them(tunnel, noting, order):
    ours, stock = (notes_of(tunnel, noting, client, *order) for client in ("ours", "openvpn"))
    assert "up init tun0 1500 0 10.8.0.2 255.255.255.0 init\n" in ours
    assert "OPENVPN_shade=dark\n" in ours
    assert ours.splitlines() == stock.splitlines()


NAMES = """#!/bin/sh
env | cut -d= -f1 >>NOTES.$script_type
"""
CLIENTS = ("ipchange", *SCRIPTS)
SERVERS = ("up", "route-up", "client-connect", "learn-address", "client-disconnect", "down")
NOT_TOLD = {
    *("route_net_gateway", "signal"),
    *("ifconfig_pool_netmask", "ifconfig_pool_local_ip6", "ifconfig_pool_ip6_netbits"),
    *("time_ascii", "time_unix", "script_context"),  # to some that need them not
}


@pytest.mark.shows("ipchange", "client-connect", "client-disconnect", "learn-address")
@pytest.mark.openvpn
@pytest.mark.parametrize(("role", "kinds"), [("client", CLIENTS), ("server", SERVERS)])
def test_every_script_is_told_by_the_stock_programs_names(tunnel, tmp_path, role, kinds):
    def names(program: str) -> dict[str, set[str]]:
        notes, script = tmp_path / program, tmp_path / f"{program}.sh"
        script.write_text(NAMES.replace("NOTES", str(notes)))
        script.chmod(0o755)
        pair = (program, "openvpn") if role == "client" else ("openvpn", program)
        sets = [f"{role}:{kind}={script}" for kind in kinds]
        inside = ("server:server-ipv6=2001:db8:8::/64", "server:push=dhcp-option DNS 10.77.0.10")
        lab = tunnel(*pair, f"{role}:script-security=2", *sets, *inside, *KEEP_NAMES[pair[0]])
        lab.stop_tunnel()
        return {
            kind: set(notes.with_name(f"{notes.name}.{kind}").read_text().split()) for kind in kinds
        }

    ours, stock = names("ours"), names("openvpn")
    assert {kind: stock[kind] - ours[kind] - NOT_TOLD for kind in kinds} == {
        kind: set() for kind in kinds
    }


@pytest.mark.shows("up-restart")
def test_a_tun_that_is_kept_is_told_of_restarts_if_asked_to(tunnel, noting):
    script, notes = noting
    keeping = ("client:persist-tun", "client:up-restart")
    lab = tunnel("ours", "ours", *settings(script), *keeping)
    lab.client.process.send_signal(signal.SIGUSR1)
    lab.client.process.wait_log(COMPLETED_AGAIN, 20)
    lab.client.stop()
    calls = re.findall(r"^(\S+ (?:init|restart)) ", notes.read_text(), re.MULTILINE)
    assert calls == [
        *("up init", "route-up init", "down restart", "up restart"),
        *("route-pre-down init", "down init"),
    ]


def test_an_up_script_that_fails_ends_the_client(site, tunnel, noting):
    script, _ = noting
    script.write_text("#!/bin/sh\nexit 7\n")
    lab = tunnel("ours", "ours")
    lab.client.stop()
    lab.client.config.write_text(
        lab.client.config.read_text() + f"script-security 2\nup {script}\n"
    )
    lab.client.start()
    assert lab.client.process.wait(20) == 1
    assert "external program exited with error status: 7" in lab.client.log_text()
    assert lab.client.log_text().rstrip().endswith("Exiting due to fatal error")
