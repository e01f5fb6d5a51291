"""The management interface: two libraries that know nothing of us, and an operator who decides."""

from __future__ import annotations

import re
import socket
import threading

import pytest
from openvpn_api import VPN

from netns import wait_for

SECONDS = 15.0
PAIRS = pytest.mark.parametrize(
    "pair", [("openvpn", "ours"), ("ours", "openvpn"), ("ours", "ours")], ids="/".join
)


class Operator(threading.Thread):
    """Sits at one management interface and answers what is asked: pattern -> lines to say."""

    def __init__(self, path, answers):
        super().__init__(daemon=True)
        self._path = str(path)
        self._answers = {re.compile(pattern): text for pattern, text in answers.items()}
        self._socket = socket.socket(socket.AF_UNIX)
        self.seen = []
        self.start()

    def run(self):
        wait_for(self._connect, SECONDS, "the management interface")
        with self._socket.makefile("r", encoding="utf-8", newline="\r\n") as lines:
            for line in lines:
                self.seen.append(line.strip())
                for pattern, text in self._answers.items():
                    found = pattern.search(line)
                    if found:
                        self.say(found.expand(text))

    def _connect(self):
        try:
            self._socket.connect(self._path)
        except OSError:
            return False
        return True

    def say(self, text):
        self._socket.sendall(f"{text}\n".encode())

    def wait_seen(self, pattern):
        wait_for(
            lambda: any(re.search(pattern, line) for line in list(self.seen)), SECONDS, pattern
        )

    def close(self):
        self._socket.close()


@pytest.fixture
def operator(tmp_path):
    """Begin with operator("server", {pattern: answer}); the socket is named after its end."""
    made = []

    def begin(end, answers):
        made.append(Operator(tmp_path / end, answers))
        return made[-1]

    yield begin
    for each in made:
        each.close()


@pytest.mark.shows("management", "status")
def test_libraries_read_our_server_and_end_a_client(tunnel, tmp_path):
    path, status = tmp_path / "server", tmp_path / "status"
    lab = tunnel(
        "openvpn", "ours", f"server:management={path} unix", f"server:status={status} 1",
        "server:status-version=1",
    )  # fmt: skip
    wait_for(lambda: "\nclient," in status.read_text(), SECONDS, "the client in the status file")
    vpn = VPN(socket=str(path))
    with vpn.connection():
        assert vpn.version == "2.6.14"
        assert vpn.state.state_name == "CONNECTED"
        assert str(vpn.state.local_virtual_v4_addr) == "10.8.0.1"
        assert vpn.get_stats().client_count == 1
        vpn.send_command("kill client")
    wait_for(lambda: "\nclient," not in status.read_text(), SECONDS, "the client to be gone")
    assert lab.server.is_alive


def test_a_library_reads_our_client_and_ends_it(tunnel, tmp_path):
    path = tmp_path / "client"
    lab = tunnel("ours", "openvpn", f"client:management={path} unix")
    vpn = VPN(socket=str(path))
    vpn.connect()
    assert vpn.state.mode == "client"
    assert vpn.state.remote_port == 1194
    vpn.send_sigterm()
    wait_for(lambda: not lab.client.is_alive, SECONDS, "the client's end")


@pytest.mark.shows(
    "management", "management-hold", "management-query-passwords", "management-client-auth"
)
@PAIRS
def test_operators_at_both_ends_decide(tunnel, operator, tmp_path, pair):
    client = operator(
        "client",
        {
            "^>HOLD:": "state on\nhold release",
            "^>PASSWORD:Need 'Auth'": 'username "Auth" joe\npassword "Auth" "s\\\\\\\\e\\\\"same"',
        },
    )
    server = operator(
        "server",
        {
            r"^>CLIENT:CONNECT,(\d+),(\d+)": (
                r"client-auth \1 \2" "\nifconfig-push 10.8.0.77 255.255.255.0\nEND"
            )
        },
    )
    lab = tunnel(
        *pair, f"client:management={tmp_path / 'client'} unix", "client:management-hold",
        "client:management-query-passwords", "client:auth-user-pass",
        f"server:management={tmp_path / 'server'} unix", "server:management-client-auth",
    )  # fmt: skip
    assert "10.8.0.77/24" in lab["client"].run(["ip", "-4", "addr", "show", "dev", "tun0"]).stdout
    client.wait_seen("CONNECTED,SUCCESS,10.8.0.77,")
    assert ">CLIENT:ENV,username=joe" in server.seen
    assert '>CLIENT:ENV,password=s\\e"same' in server.seen
    server.wait_seen(r"^>CLIENT:ESTABLISHED,\d+")
    client.say("signal SIGTERM")
    wait_for(lambda: not lab.client.is_alive, SECONDS, "the client's end")
    assert any(",EXITING," in line for line in client.seen)


@pytest.mark.parametrize("pair", [("openvpn", "ours"), ("ours", "openvpn")], ids="/".join)
def test_a_second_factor_is_asked_for(tunnel, operator, tmp_path, pair):
    answers = {"^>HOLD:": "hold release", r"^>INFOMSG:CR_TEXT:R,E:PIN": "cr-response NDI="}
    client = operator("client", answers)
    server = operator(
        "server",
        {
            r"^>CLIENT:CONNECT,(\d+),(\d+)": r'client-pending-auth \1 \2 "CR_TEXT:R,E:PIN" 30',
            r"^>CLIENT:CR_RESPONSE,(\d+),(\d+),NDI=": r"client-auth-nt \1 \2",
        },
    )
    (tmp_path / "user").write_text("joe\nword\n")
    (tmp_path / "user").chmod(0o600)
    tunnel(
        *pair, f"client:management={tmp_path / 'client'} unix",
        "client:management-hold", f"client:auth-user-pass={tmp_path / 'user'}",
        f"server:management={tmp_path / 'server'} unix", "server:management-client-auth",
    )  # fmt: skip
    client.wait_seen("^>INFOMSG:CR_TEXT:R,E:PIN")
    server.wait_seen(r"^>CLIENT:ESTABLISHED")


@pytest.mark.shows("echo", "push")
@pytest.mark.parametrize("pair", [("openvpn", "ours"), ("ours", "openvpn")], ids="/".join)
def test_an_operator_is_shown_what_a_server_has_to_say(tunnel, operator, tmp_path, pair):
    client = operator("client", {"^>HOLD:": "echo on\nhold release"})
    tunnel(
        *pair, f"client:management={tmp_path / 'client'} unix", "client:management-hold",
        'server:push="echo hello world"',
    )  # fmt: skip
    client.wait_seen(r"^>ECHO:\d+,hello world$")


def test_an_operator_changes_the_routes_of_a_client(tunnel, operator, tmp_path):
    server = operator("server", {})
    lab = tunnel("ours", "ours", f"server:management={tmp_path / 'server'} unix")

    def has(route):
        return route in lab["client"].run(["ip", "route"]).stdout

    assert has("10.20.0.0/24")
    server.say('push-update-broad "route 10.99.0.0 255.255.0.0, route 10.98.0.0 255.255.0.0"')
    server.wait_seen("^SUCCESS: push-update command succeeded")
    wait_for(lambda: has("10.99.0.0/16") and has("10.98.0.0/16"), SECONDS, "the new routes")
    assert not has("10.20.0.0/24")
    server.say('push-update-cid 0 "route 10.20.0.0 255.255.255.0"')
    wait_for(lambda: has("10.20.0.0/24"), SECONDS, "the old route")
    assert not has("10.99.0.0/16")
    lab["client"].run(["ping", "-nq", "-c3", "-i0.05", "-W2", "10.20.0.10"])
    server.say('push-update-cid 77 "-dns"')
    server.wait_seen("^ERROR: push-update command failed")
