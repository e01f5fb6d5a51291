"""The shell's side: events of the core, signals, time; with real links on loopback."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
from dataclasses import replace

import pytest

from tests.unit.vpn.system.echo import EchoCore
from vpn.config.options import (
    Connection,
    DevType,
    LinkOptions,
    LogOptions,
    Options,
    Proto,
    ServerOptions,
    TunOptions,
)
from vpn.events import Address, CloseLink, Exiting, OpenLink, Restarting, TunnelUp
from vpn.system.device import Device
from vpn.system.endpoint import Action, Endpoint
from vpn.system.link import LinkClosed
from vpn.system.loop import Loop
from vpn.system.signals import Signals

NULL = TunOptions(dev="null", dev_type=DevType.NULL)
CLIENT = Options(tun=NULL, link=LinkOptions(nobind=True))
SERVER = Options(tun=NULL, link=LinkOptions(lport=0), server=ServerOptions(mode_server=True))
UDP = Connection("127.0.0.1", 4711, Proto.UDP)


@pytest.fixture(autouse=True)
def lines(caplog):
    """All lines."""
    caplog.set_level(logging.INFO, "vpn")
    return caplog


@pytest.fixture
def make():
    """Endpoints, closed afterwards."""
    made = []
    with Signals() as signals:

        def build(options, core=None):
            endpoint = Endpoint(core or EchoCore(), options, Device(), signals, lambda: None)
            made.append(endpoint)
            return endpoint

        yield build
        for endpoint in made:
            endpoint.close()


def run(endpoint):
    Loop(endpoint._core, endpoint).run()


def test_a_udp_link_is_ready_at_once(make):
    core = EchoCore()
    endpoint = make(CLIENT, core)
    endpoint.handle(OpenLink(UDP), 0.0)
    assert core.calls == [("link_ready", Address("127.0.0.1", 4711))]
    endpoint.handle(CloseLink(Address("127.0.0.1", 4711)), 0.0)
    assert endpoint.link is None


def test_a_name_that_has_no_address_is_a_lost_link(make):
    core = EchoCore()
    core.happened = [OpenLink(Connection("a" * 80 + ".invalid", 1, Proto.UDP))]
    endpoint = make(CLIENT, core)
    core.link_lost = lambda address, reason, now: core.happened.append(Exiting(reason))
    run(endpoint)
    assert endpoint.ending.reason == "Could not determine IPv4/IPv6 protocol"


def test_a_tcp_link_is_ready_when_it_is_connected(make):
    with socket.create_server(("127.0.0.1", 0)) as server:
        core = EchoCore()
        port = server.getsockname()[1]
        core.happened = [OpenLink(Connection("127.0.0.1", port, Proto.TCP_CLIENT))]
        core.link_ready = lambda address, now: core.happened.append(Exiting(f"{address}"))
        endpoint = make(CLIENT, core)
        run(endpoint)
        assert endpoint.ending.reason == f"[AF_INET]127.0.0.1:{port}"


def test_a_connect_that_takes_too_long_is_lost(make, lines):
    core = EchoCore()
    endpoint = make(CLIENT, core)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        endpoint.handle(OpenLink(Connection("127.0.0.1", port, Proto.TCP_CLIENT)), 50.0)
        assert endpoint.next_deadline() == 50.0 + 120
        endpoint.handle_deadline(171.0)
    assert core.calls == [("link_lost", "connection-failed")]
    assert endpoint.link is None
    assert endpoint.next_deadline() is None
    assert f"TCP: connect to [AF_INET]127.0.0.1:{port} failed: Connection timed out" in lines.text


def test_a_server_opens_its_link_after_the_tun(make, lines):
    core = EchoCore()
    endpoint = make(SERVER, core)
    endpoint.handle(TunnelUp(SERVER), 0.0)
    assert core.calls == ["tunnel_ready"]
    assert endpoint.link is not None
    assert lines.messages[-1] == "Initialization Sequence Completed"


def test_a_restart_closes_the_link_and_says_so(make, lines):
    endpoint = make(CLIENT)
    endpoint.handle(OpenLink(UDP), 0.0)
    endpoint.handle(Restarting("tls-error", 2.0), 0.0)
    endpoint.handle(Restarting("connection-failed", 4.0), 0.0)
    assert endpoint.link is None
    assert [line for line in lines.messages if "estart" in line] == [
        "SIGUSR1[soft,tls-error] received, process restarting",
        "Restart pause, 2 second(s)",
        "SIGUSR1[connection failed(soft),connection-failed] received, process restarting",
        "Restart pause, 4 second(s)",
    ]


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("connection-reset", "Connection reset, restarting [0]"),
        ("network-unreachable", "Network unreachable, restarting"),
    ],
)
def test_a_clients_lost_link_is_told(make, lines, reason, line):
    core = EchoCore()
    endpoint = make(CLIENT, core)
    endpoint.handle(OpenLink(UDP), 0.0)
    endpoint.note(LinkClosed(Address("127.0.0.1", 4711), reason), 0.0)
    assert core.calls[-1] == ("link_lost", reason)
    assert endpoint.link is None
    assert lines.messages[-1] == line


def send(endpoint, *numbers):
    for number in numbers:
        os.kill(os.getpid(), number)
        assert select.select([endpoint._signals], [], [], 5)[0]
        endpoint._signals_ready()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_asks_the_core_and_then_insists(make, number):
    core = EchoCore()
    endpoint = make(CLIENT, core)
    send(endpoint, number)
    assert core.calls == ["stop"]
    assert not endpoint.is_done
    send(endpoint, number)
    assert str(endpoint.ending) == f"{number.name}[hard,] received, process exiting"


def test_the_ending_has_the_name_of_the_signal(make):
    endpoint = make(CLIENT)
    send(endpoint, signal.SIGINT)
    endpoint.handle(Exiting("", source="hard"), 0.0)
    assert str(endpoint.ending) == "SIGINT[hard,] received, process exiting"
    assert endpoint.ending.exit_code == 0


def test_an_ending_of_the_cores_own(make):
    endpoint = make(CLIENT)
    endpoint.handle(Exiting("auth-failure", exit_code=1), 0.0)
    assert str(endpoint.ending) == "SIGTERM[soft,auth-failure] received, process exiting"
    assert endpoint.ending.exit_code == 1


def test_a_client_reloads_on_sighup_and_its_core_restarts_on_sigusr1(make):
    core = EchoCore()
    client = make(CLIENT, core)
    send(client, signal.SIGUSR1)
    assert core.calls == [("restart", "")]
    send(client, signal.SIGHUP)
    assert client.ending.action is Action.RELOAD
    assert str(client.ending) == "SIGHUP[hard,] received, process restarting"


@pytest.mark.parametrize(
    ("number", "action"), [(signal.SIGHUP, Action.RELOAD), (signal.SIGUSR1, Action.RESTART)]
)
def test_a_servers_core_may_say_goodbye_before_it_restarts(make, number, action):
    core = EchoCore()
    server = make(SERVER, core)
    send(server, number)
    assert core.calls == ["stop"]
    assert server.ending is None
    server.handle(Exiting("", source="hard"), 0.0)
    assert server.ending.action is action
    assert str(server.ending) == f"{number.name}[hard,] received, process restarting"


def test_sigusr2_prints_the_status(make, lines):
    send(make(CLIENT), signal.SIGUSR2)
    assert lines.messages[0] == "OpenVPN STATISTICS"
    lines.clear()
    send(make(SERVER), signal.SIGUSR2)
    assert lines.messages[0] == "OpenVPN CLIENT LIST"


@pytest.mark.shows("status", "status-version")
def test_the_status_file_is_written_now_and_then(make, tmp_path):
    path = tmp_path / "status"
    options = replace(SERVER, log=LogOptions(status=(str(path), 5), status_version=2))
    endpoint = make(options)
    due = endpoint.next_deadline()
    endpoint.handle_deadline(due)
    assert path.read_text().startswith("TITLE,OpenVPN ")
    assert endpoint.next_deadline() == due + 5


@pytest.mark.shows("route-delay")
def test_route_delay_puts_off_the_routes_and_the_milestone(make, lines):
    delayed = replace(CLIENT, tun=replace(NULL, route_delay=(3, 30)))
    endpoint = make(CLIENT)
    endpoint.handle(TunnelUp(delayed), 0.0)
    assert "Initialization Sequence Completed" not in lines.messages
    endpoint.handle_deadline(endpoint.next_deadline())
    assert lines.messages[-1] == "Initialization Sequence Completed"
    assert endpoint.next_deadline() is None


def test_a_restart_forgets_the_routes_that_waited(make, lines):
    delayed = replace(CLIENT, tun=replace(NULL, route_delay=(3, 30)))
    endpoint = make(CLIENT)
    endpoint.handle(TunnelUp(delayed), 0.0)
    endpoint.handle(Restarting("ping-restart", 1.0), 0.0)
    assert endpoint.next_deadline() is None
