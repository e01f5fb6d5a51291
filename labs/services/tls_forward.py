"""A TLS port forwarder: what comes over TLS to one port is handed on to one port of one host.

    python -m labs.services.tls_forward PORT TO_HOST TO_PORT CERTIFICATE KEY

This is what an SSL VPN of the classic kind does for each service; see the scenario one-open-port.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys

READY = "forwarding"
CHUNK = 65536


async def served(port: int, host: str, to_port: int, certificate: str, key: str) -> asyncio.Server:
    """Listen at a port and hand on what comes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def hand_on(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, onward = await asyncio.open_connection(host, to_port)
        except OSError:
            back.close()
            return
        await asyncio.gather(_copied(near, onward), _copied(far, back))

    return await asyncio.start_server(hand_on, "0.0.0.0", port, ssl=context)


async def _copied(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
    target.close()


async def forever(server: asyncio.Server) -> None:
    """Serve until the process is ended."""
    print(READY, flush=True)
    async with server:
        await server.serve_forever()


async def main() -> None:
    port, host, to_port, certificate, key = sys.argv[1:]
    await forever(await served(int(port), host, int(to_port), certificate, key))


if __name__ == "__main__":
    asyncio.run(main())
