"""Two TLS ends in one process."""

from __future__ import annotations

import logging
import time

from tests.sim.credentials import credentials
from vpn.config.options import Options, ProcessOptions, TlsOptions
from vpn.control.tls import TlsContext, TlsEngine
from vpn.hooks import Hooks
from vpn.trace import PeerLog

LOG = PeerLog(logging.getLogger("vpn.test"))
CLIENT, SERVER = credentials("Test-Client", "client"), credentials("Test-Server", "server")


def context(
    role: str, hooks: Hooks | None = None, key_log: str | None = None, **tls: object
) -> TlsContext:
    """One end; `tls` replaces what both have by default."""
    own = SERVER if role == "server" else CLIENT
    options = Options(tls=TlsOptions(**{**own, **tls}), process=ProcessOptions(key_log=key_log))
    return TlsContext(options, time.time(), is_server=role == "server", hooks=hooks)


def shake_hands(client: TlsContext, server: TlsContext) -> tuple[TlsEngine, TlsEngine]:
    """A handshake to its end; TlsError if one end does not want it."""
    ends = TlsEngine(client, LOG), TlsEngine(server, LOG)
    for _ in range(4):
        for sender, receiver in (ends, ends[::-1]):
            sender.advance()
            while data := sender.take(1000):
                receiver.feed(data)
    return ends
