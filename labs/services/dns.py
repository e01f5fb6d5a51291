"""A name server on a node: it knows the nodes of the lab, and nothing else.

    python -m labs.services.dns PORT HOSTS DOMAIN

HOSTS has lines of an address and a name, as /etc/hosts. A name that is not there does not exist
if it is in DOMAIN; questions about any other domain are refused.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dnslib import QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer

TTL_SECONDS = 60


class Names(BaseResolver):  # type: ignore[misc]  # the library ships no types
    """Answers from a table of names."""

    def __init__(self, addresses: dict[str, str], domain: str) -> None:
        self._addresses = addresses
        self._domain = domain

    @classmethod
    def read(cls, hosts: str, domain: str) -> Names:
        """Read the lines of a hosts file."""
        pairs = (line.split() for line in hosts.splitlines() if line.strip())
        return cls({name: address for address, name in pairs}, domain)

    def resolve(self, request: DNSRecord, _handler: object) -> DNSRecord:
        """Answer one question."""
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        if name in self._addresses:
            if request.q.qtype in {QTYPE.A, QTYPE.ANY}:
                address = A(self._addresses[name])
                reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=address, ttl=TTL_SECONDS))
        elif name == self._domain or name.endswith(f".{self._domain}"):
            reply.header.rcode = RCODE.NXDOMAIN
        else:
            reply.header.ra = 0
            reply.header.rcode = RCODE.REFUSED
        return reply


def main(port: int, hosts: str, domain: str) -> None:
    """Serve over UDP and TCP; what is asked and answered goes to the log, a line each."""
    names = Names.read(Path(hosts).read_text(encoding="utf-8"), domain)
    DNSServer(names, port=port).start_thread()
    DNSServer(names, port=port, tcp=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
