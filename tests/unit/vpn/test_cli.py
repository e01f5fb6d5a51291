"""The program: exit codes, one line for each error, and whole tunnels on loopback."""

from __future__ import annotations

import logging
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest

from netns.wait import wait_for
from tests.unit.vpn.system.private_network import in_private_network, ip
from vpn.cli import main
from vpn.pki.authority import Authority
from vpn.system import run, usage

VPN = [sys.executable, "-m", "vpn"]
COMPLETED = "Initialization Sequence Completed"


def vpn(*words, **options):
    return subprocess.run(
        [*VPN, *map(str, words)], capture_output=True, text=True, timeout=30, **options
    )


@pytest.mark.shows("help")
def test_help_is_grouped_and_exits_as_the_stock_program():
    done = vpn("--help")
    assert done.returncode == 1
    assert done.stdout == usage.text() + "\n"
    assert "\nTLS control channel\n" in done.stdout
    assert "\n  --remote HOST [PORT] [PROTO]\n" in done.stdout
    assert vpn().stdout == done.stdout


def test_help_imports_nothing_slow():
    code = "import sys; from vpn.cli import main; main(['--help']); print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()[-1]
    loaded = set(modules.split())
    assert loaded.isdisjoint({"OpenSSL", "cryptography", "pyroute2", "scapy", "rich", "numpy"})


@pytest.mark.shows("version")
def test_version():
    done = vpn("--version")
    assert done.returncode == 0
    assert re.match(r"vpnlab \d+\.\d+\.\d+ .*\nlibrary versions: OpenSSL ", done.stdout)


def test_a_reader_that_leaves_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*VPN, "--help"], stdout=writer, stderr=subprocess.PIPE, timeout=30)
    os.close(writer)
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--frobnicate"], "command line: frobnicate: unknown directive"),
        (["--config", "none.conf"], 'config: cannot read "none.conf": No such file'),
        (["none.conf"], 'config: cannot read "none.conf": No such file'),
        (["--genkey", "bogus", "x.key"], "genkey: unknown type bogus"),
        (["--genkey", "secret", "a.key", "b"], "genkey: takes"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_1(tmp_path, words, text):
    done = vpn(*words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert done.returncode == 1
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    assert line.startswith("Options error: ")
    assert text in line


def test_an_error_in_a_file_names_the_line(tmp_path):
    path = tmp_path / "client.ovpn"
    path.write_text("client\ndev tun\nremote vpn.example 99999\n")
    [line] = vpn(path).stdout.splitlines()
    assert line == f'Options error: {path}:3: remote: port must be 1..65535, not "99999"'


@pytest.mark.shows("genkey")
@pytest.mark.parametrize("words", [["secret"], ["tls-crypt"], ["tls-auth"], ["--secret"], []])
def test_genkey_writes_a_private_file(tmp_path, words):
    path = tmp_path / "ta.key"
    assert vpn("--genkey", *words, path).returncode == 0
    assert "BEGIN OpenVPN Static key V1" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_genkey_makes_a_file_that_was_there_private(tmp_path):
    path = tmp_path / "ta.key"
    path.touch(0o644)
    assert vpn("--genkey", "secret", path).returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600


def test_genkey_without_a_file_prints():
    assert "BEGIN OpenVPN Static key V1" in vpn("--genkey", "tls-crypt").stdout


@pytest.mark.shows("genkey", "tls-crypt-v2")
def test_genkey_makes_a_clients_key_with_the_servers(tmp_path):
    server, client = tmp_path / "server.key", tmp_path / "client.key"
    assert vpn("--genkey", "tls-crypt-v2-server", server).returncode == 0
    words = ("--tls-crypt-v2", server, "--genkey", "tls-crypt-v2-client", client, "YWxpY2U=")
    assert vpn(*words).returncode == 0
    assert "BEGIN OpenVPN tls-crypt-v2 client key" in client.read_text()
    assert stat.S_IMODE(client.stat().st_mode) == 0o600
    assert "needs a server's key" in vpn("--genkey", "tls-crypt-v2-client", client).stdout


def test_genkey_where_nobody_may_write_is_one_line(tmp_path):
    done = vpn("--genkey", "secret", tmp_path / "no" / "ta.key")
    assert done.returncode == 1
    assert "for write: No such file or directory (errno=2)" in done.stdout


# -- whole tunnels: both ends in one network, the client's interface left alone ------------------


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """Certificates of both ends; their directory."""
    authority = Authority.create(tmp_path_factory.mktemp("pki") / "pki", name="Test CA")
    authority.issue("Test-Server", "server")
    authority.issue("Test-Client", "client")
    return authority.path


def tls(pki, name):
    return ["--ca", pki / "ca.crt", "--cert", pki / f"issued/{name}.crt",
            "--key", pki / f"private/{name}.key"]  # fmt: skip


class Program:
    """A running vpn, its output read as it comes."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            [*VPN, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = ""

    def wait_for(self, words, times=1):
        deadline = time.monotonic() + 20
        while self.text.count(words) < times:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, left))
            chunk = self.process.stdout.read() if ready else b""
            assert chunk, f"no {words!r} in:\n{self.text}"
            self.text += chunk.decode()

    def kill(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=20)
        self.text += rest.decode()
        return self.process.returncode


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def server_words(pki, port, proto):
    return ["--server", "10.8.0.0", "255.255.255.0", "--dev", "tun", "--proto", proto, "--lport",
            port, "--dh", "none", "--verb", 3, *tls(pki, "Test-Server")]  # fmt: skip


def client_words(pki, port, proto):
    return ["--client", "--dev", "tun", "--proto", proto, "--remote", "127.0.0.1", port,
            "--nobind", "--ifconfig-noexec", "--route-noexec", "--remote-cert-tls", "server",
            "--verb", 3, *tls(pki, "Test-Client")]  # fmt: skip


@pytest.mark.parametrize(
    ("of_server", "of_client"), [("udp", "udp"), ("tcp-server", "tcp-client"), ("udp6", "udp4")]
)
@in_private_network
def test_a_tunnel_comes_up_obeys_signals_and_leaves_nothing(pki, of_server, of_client):
    ip("link", "set", "lo", "up")
    port = free_port()
    server = Program(*server_words(pki, port, of_server))
    server.wait_for(COMPLETED)
    client = Program(*client_words(pki, port, of_client))
    client.wait_for(COMPLETED)
    client.kill(signal.SIGUSR2)
    client.wait_for("Auth read bytes")
    server.kill(signal.SIGUSR2)
    server.wait_for("Test-Client,127.0.0.1:")
    client.kill(signal.SIGHUP)
    client.wait_for("SIGHUP[hard,] received, process restarting")
    client.wait_for(COMPLETED, 2)
    server.kill(signal.SIGUSR1)
    server.wait_for("SIGUSR1[hard,] received, process restarting")
    server.wait_for(COMPLETED, 2)
    assert client.end(signal.SIGINT) == 0
    assert client.text.endswith("SIGINT[hard,] received, process exiting\n")
    assert server.end() == 0
    assert server.text.endswith("SIGTERM[hard,] received, process exiting\n")
    assert "tun" not in ip("-br", "link")
    for text in (server.text, client.text):
        assert "Traceback" not in text
        assert "With Errors" not in text


def test_a_bug_is_one_line_where_the_log_is(monkeypatch, capsys, caplog):
    def fail(words):
        raise RuntimeError("of ours")

    monkeypatch.setattr("vpn.cli._run", fail)
    assert main([]) == 1
    text = "internal error: RuntimeError: of ours -- set VPN_TRACEBACK=1 to see where"
    assert capsys.readouterr().out == text + "\n"
    monkeypatch.setattr(logging.getLogger("vpn"), "handlers", [caplog.handler])
    main([])
    assert set(caplog.messages) == {text}
    assert capsys.readouterr().out == ""


@in_private_network
def test_a_busy_port_ends_with_one_clear_line_and_no_tun(pki):
    ip("link", "set", "lo", "up")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        port = taken.getsockname()[1]
        done = vpn(*server_words(pki, port, "udp"))
    assert done.returncode == run.EXIT_ERROR
    lines = [line[20:] for line in done.stdout.splitlines()]
    at = lines.index("Exiting due to fatal error")
    assert lines[at - 1] == (
        f"TCP/UDP: Socket bind failed on local address [AF_INET][undef]:{port}: "
        "Address already in use (errno=98)"
    )
    assert "tun" not in ip("-br", "link")


def test_a_key_that_does_not_match_is_one_line(pki):
    words = [*client_words(pki, 1, "udp"), "--key", pki / "private/Test-Server.key"]
    done = vpn(*words)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "the private key does not match the certificate" in done.stdout


@pytest.mark.shows("config", "daemon", "log", "writepid")
@in_private_network
def test_a_daemon_logs_to_its_file_and_a_bad_reload_ends_it(pki, tmp_path):
    ip("link", "set", "lo", "up")
    config, log, pid = tmp_path / "server.conf", tmp_path / "log", tmp_path / "pid"
    words = [str(word) for word in server_words(pki, free_port(), "udp")]
    lines = " ".join(words).split("--")[1:]
    config.write_text("\n".join(lines))
    done = vpn(config, "--daemon", "--log", log, "--writepid", pid)
    assert done.returncode == 0, done.stdout
    wait_for(lambda: pid.exists() and pid.read_text().endswith("\n"), 20, "the daemon's pid")
    process = os.pidfd_open(int(pid.read_text()))
    try:
        wait_for(lambda: COMPLETED in log.read_text(), 20, "the tunnel")
        config.write_text("frobnicate\n")
        signal.pidfd_send_signal(process, signal.SIGHUP)
        assert select.select([process], [], [], 20)[0]
    finally:
        if not select.select([process], [], [], 0)[0]:
            signal.pidfd_send_signal(process, signal.SIGKILL)
        os.close(process)
    last = [line[20:] for line in log.read_text().splitlines()[-2:]]
    assert last == [
        f"Options error: {config}:1: frobnicate: unknown directive",
        "Exiting due to fatal error",
    ]
    assert "tun" not in ip("-br", "link")
