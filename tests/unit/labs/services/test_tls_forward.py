"""TLS at one port, handed on to another."""

from __future__ import annotations

import asyncio
import ssl

from labs.services.tls_forward import served
from vpn.pki.authority import Authority


async def echo(reader, writer):
    writer.write(b"you said " + await reader.readline())
    await writer.drain()
    writer.close()


async def said_through(certificate, key, trusted):
    backend = await asyncio.start_server(echo, "127.0.0.1", 0)
    to = backend.sockets[0].getsockname()[1]
    forwarder = await served(0, "127.0.0.1", to, certificate, key)
    async with backend, forwarder:
        context = ssl.create_default_context(cafile=trusted)
        context.check_hostname = False
        port = forwarder.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(b"hello\n")
        said = await reader.readline()
        writer.close()
        return said


def test_what_comes_over_tls_is_handed_on_and_answered(tmp_path):
    authority = Authority.create(tmp_path / "pki", name="test CA")
    issued = authority.issue("forwarder", role="server")
    trusted = tmp_path / "ca.crt"
    trusted.write_bytes(authority.certificate)
    said = asyncio.run(said_through(str(issued.cert_path), str(issued.key_path), str(trusted)))
    assert said == b"you said hello\n"
