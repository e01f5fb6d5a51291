"""What is read from a VPN's log."""

from __future__ import annotations

from pathlib import Path

import pytest

from labs.endpoint import UP, Endpoint


class Log:
    """A process with a log, as an endpoint looks at it."""

    def __init__(self, text, alive=True):
        self.text, self.alive = text, alive

    def log_text(self):
        return self.text


class OneProcess:
    """A node with one process or none."""

    name = "client"

    def __init__(self, process=None):
        self._process = process

    def processes(self):
        return {} if self._process is None else {"vpn": self._process}


def endpoint(process=None):
    return Endpoint(OneProcess(process), "client", "openvpn", Path("/nowhere"))


@pytest.mark.parametrize(
    ("process", "state"),
    [
        (None, "not started"),
        (Log("TLS: Initial packet from [AF_INET]192.0.2.1:1194"), "connecting"),
        (Log(f"a\n{UP}\n"), "up"),
        (Log(f"{UP}\nSIGUSR1[soft,ping-restart] received, process restarting\n"), "reconnecting"),
        (Log(f"{UP}\nSIGUSR1[soft,x] received, process restarting\n{UP}\n"), "up"),
        (Log(f"{UP}\nSIGTERM[hard,] received, process exiting", alive=False), "ended"),
    ],
)
def test_state_follows_the_milestones(process, state):
    assert endpoint(process).state == state


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", "nothing"),
        ("2026-01-01 10:00:00 hello\n2026-01-01 10:00:01 us=17 there\n", "there"),
        ("Options error: Unrecognized option x\nUse --help for more information.\n",
         "Options error: Unrecognized option x"),
        ("2026-01-01 10:00:00 TLS Error: TLS handshake failed\nSIGUSR1[soft,tls-error] received\n",
         "TLS Error: TLS handshake failed"),
        ("UDPv4 link remote: x\nVERIFY EKU ERROR\nTLS Error: TLS handshake failed\n",
         "VERIFY EKU ERROR"),
        ("TLS Error: TLS handshake failed\nUDPv4 link remote: x\nTLS: Initial packet from x\n",
         "TLS Error: TLS handshake failed"),
        ("Note: --cipher is not set. It failed\nUDPv4 link local: x\n", "UDPv4 link local: x"),
        ("WARNING: no server certificate verification\nUDPv4 link local: (not bound)\n",
         "WARNING: no server certificate verification"),
    ],
)  # fmt: skip
def test_last_words_are_the_telling_ones(log, words):
    assert endpoint(Log(log)).last_words() == words
