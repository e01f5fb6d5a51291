"""TLS sessions of OpenSSL, read with their key log."""

from __future__ import annotations

import contextlib
import random

import pytest
from OpenSSL import SSL

from labs.dissect.tls import TlsSession, read_key_log
from labs.errors import LabError
from tests.sim.credentials import client_credentials, server_credentials
from vpn.config.options import Options, TlsOptions
from vpn.control.tls import TlsContext

LABEL = b"EXPORTER-OpenVPN-datakeys"
TLS13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
TLS12 = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
]
CASES = [("1.3", suite) for suite in TLS13] + [("1.2", suite) for suite in TLS12]


class Ends:
    """A client and a server, and somebody who sees what passes between them."""

    def __init__(self, version: str, suite: str, seed: int = 0) -> None:
        self.log: list[str] = []
        self.reader: TlsSession | None = None
        self.passed: list[tuple[bool, bytes]] = []
        self._chance = random.Random(seed)
        word = {"1.3": "tls_ciphersuites", "1.2": "tls_cipher"}[version]
        limits = {"tls_version_min": version, "tls_version_max": version, word: suite}
        server = TlsOptions(is_server=True, **limits, **server_credentials())
        client = TlsOptions(is_client=True, **limits, **client_credentials("Test-Client"))
        self.client, self.server = (self._end(tls) for tls in (client, server))
        self.client.set_connect_state()
        self.server.set_accept_state()

    def _end(self, tls: TlsOptions) -> SSL.Connection:
        from tests.sim.pair import WALL_CLOCK

        context = TlsContext(Options(tls=tls), WALL_CLOCK, is_server=tls.is_server).ssl
        context.set_keylog_callback(lambda _, line: self.log.append(line.decode()))
        return SSL.Connection(context, None)

    def exchange(self) -> None:
        """Hand everything over, cut anywhere."""
        for _ in range(6):
            for end in (self.client, self.server):
                with contextlib.suppress(SSL.WantReadError):
                    end.do_handshake()
            self._carry(self.client, self.server, from_client=True)
            self._carry(self.server, self.client, from_client=False)

    def _carry(self, source, target, *, from_client: bool) -> None:
        with contextlib.suppress(SSL.WantReadError):
            while data := source.bio_read(self._chance.randint(1, 700)):
                target.bio_write(data)
                self.passed.append((from_client, data))

    def read(self, session: TlsSession) -> list[tuple[bool, bytes]]:
        """What an observer with the key log makes of it."""
        found = []
        for from_client, data in self.passed:
            found += [(from_client, text) for text in session.feed(data, from_client=from_client)]
        return found


@pytest.mark.parametrize(("version", "suite"), CASES)
def test_what_both_sides_said_is_read(version, suite):
    ends = Ends(version, suite)
    ends.exchange()
    ends.client.sendall(b"from the client")
    ends.server.sendall(b"from the server")
    ends.exchange()
    ends.client.sendall(b"x" * 20000)
    ends.exchange()
    session = TlsSession(read_key_log("\n".join(["# comment", *ends.log])))
    read = ends.read(session)
    assert read[:2] == [(True, b"from the client"), (False, b"from the server")]
    assert b"".join(text for _, text in read[2:]) == b"x" * 20000
    assert session.export(LABEL, 256) == ends.server.export_keying_material(LABEL, 256, None)


@pytest.mark.parametrize(("version", "suite"), [CASES[0], CASES[3]])
def test_a_hello_that_is_spread_over_records(version, suite):
    ends = Ends(version, suite)
    ends.exchange()
    ends.server.sendall(b"after all that")
    ends.exchange()
    for at, from_client in enumerate((True, False)):
        whole = b"".join(data for sender, data in ends.passed if sender is from_client)
        size = int.from_bytes(whole[3:5], "big")
        hello, rest = whole[5 : 5 + size], whole[5 + size :]
        parts = [hello[:2], hello[2:50], hello[50:]]
        cut = b"".join(whole[:3] + len(part).to_bytes(2, "big") + part for part in parts)
        ends.passed = [one for one in ends.passed if one[0] is not from_client]
        # The client's Finished comes after the server's hello; here it may stay away.
        ends.passed.insert(at, (from_client, cut + (b"" if from_client else rest)))
    read = ends.read(TlsSession(read_key_log("\n".join(ends.log))))
    assert read[-1] == (False, b"after all that")


@pytest.mark.parametrize(("version", "suite"), [CASES[0], CASES[3]])
def test_without_its_secrets_a_session_is_refused_in_one_line(version, suite):
    ends, others = Ends(version, suite), Ends(version, suite)
    ends.exchange()
    others.exchange()
    with pytest.raises(LabError, match="the key log has no"):
        ends.read(TlsSession(read_key_log("\n".join(others.log))))


def test_a_wrong_secret_is_refused_in_one_line():
    ends = Ends(*CASES[0])
    ends.exchange()
    log = {place: bytes(len(secret)) for place, secret in read_key_log("\n".join(ends.log)).items()}
    with pytest.raises(LabError, match="can't be opened"):
        ends.read(TlsSession(log))
