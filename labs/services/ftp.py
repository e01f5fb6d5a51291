"""An FTP server on a node: anyone may log in as `anonymous`, and list and read its files.

    python -m labs.services.ftp PORT DIRECTORY

Passive mode, where the server opens the port for the data, and active mode, where the client does
and the server connects to it: the one that a NAT or a firewall in front of the client prevents.
"""

from __future__ import annotations

import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

READING = "elr"  # enter a directory, list it, retrieve a file


def server(host: str, port: int, directory: str) -> FTPServer:
    """Make a server that listens; `serve_forever` serves."""
    accounts = DummyAuthorizer()
    accounts.add_anonymous(directory, perm=READING)

    class Session(FTPHandler):  # type: ignore[misc]  # the library ships no types
        authorizer = accounts
        banner = "a node of the lab"

    return FTPServer((host, port), Session)


if __name__ == "__main__":
    server("", int(sys.argv[1]), sys.argv[2]).serve_forever()
