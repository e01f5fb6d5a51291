"""One open port: the tunnel carries HTTP, FTP, DNS and ping through it, a TLS forwarder HTTP only.

An SSL VPN of the classic kind takes TLS at a port and hands it on to one port of one host. What
opens a second connection or is no TCP stays outside: FTP's data, DNS, ping. The tunnel sits below
all that, so it needs to know nothing of them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from labs import ours
from labs.scenario import Stage, scenario
from labs.services import tls_forward

if TYPE_CHECKING:
    from labs.build import Process

FILES, PUBLIC = "10.20.0.10", "198.51.100.10"
PAGE = "You have reached files"
FTP = """
import ftplib, socket, ssl, sys
host, port, mode, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
ftp = ftplib.FTP(timeout=1)
ftp.trust_server_pasv_ipv4_address = True
link = socket.create_connection((host, port), timeout=1)
if kind == "tls":
    context = ssl.create_default_context(cafile="ca.crt")
    context.check_hostname = False
    link = context.wrap_socket(link)
ftp.host, ftp.af, ftp.sock, ftp.file = host, link.family, link, link.makefile("r", encoding="utf-8")
ftp.welcome = ftp.getresp()
print(ftp.login(), flush=True)
ftp.set_pasv(mode == "passive")
ftp.retrlines("RETR index.html")
"""
DNS = """
import sys
from dnslib import DNSRecord
reply = DNSRecord.question("files.lab.example").send(sys.argv[1], int(sys.argv[2]), timeout=1)
print(DNSRecord.parse(reply).short())
"""


@scenario(howto=(17,))
def play(stage: Stage) -> None:
    stage.act("A TLS port forwarder has the one open port; it leads to the web server of files.")
    forwarder = _forward_to(stage, 80)
    stage.see("HTTP comes through it", PAGE in _page(stage, f"https://{PUBLIC}:1194/"))
    stage.see("there is no way for ping", not _pings(stage))
    stage.see("nor for DNS, which is UDP", FILES not in _said(stage, DNS, PUBLIC, "1194"))
    forwarder.stop()
    stage.act("The port leads to the FTP server of files instead.")
    forwarder = _forward_to(stage, 21)
    for mode in ("passive", "active"):
        said = _said(stage, FTP, PUBLIC, "1194", mode, "tls")
        stage.see(f"FTP lets the user in, and no file comes, {mode}", "230" in said, said)
        stage.see("because the data have a connection of their own", PAGE not in said, said)
    forwarder.stop()
    stage.act("The VPN has the one open port.")
    stage.up("proto=tcp")
    stage.see("HTTP comes through it", PAGE in _page(stage, f"http://{FILES}/"))
    for mode in ("passive", "active"):
        said = _said(stage, FTP, FILES, "21", mode, "plain")
        stage.see(f"FTP brings the file, {mode}", PAGE in said, said)
    stage.see("DNS knows files", FILES in _said(stage, DNS, FILES, "53"))
    stage.see("ping is answered", _pings(stage))


def _forward_to(stage: Stage, port: int) -> Process:
    server = stage.lab.server
    to = ["1194", FILES, str(port), "server.crt", "server.key"]
    return server.node.start(
        f"forwarder-{port}", [sys.executable, "-um", "labs.services.tls_forward", *to],
        ready=tls_forward.READY, env=ours.environment(), cwd=server.directory,
    )  # fmt: skip


def _page(stage: Stage, address: str) -> str:
    return stage.lab.run("client", ["curl", "-ksS", "-m3", address], check=False).stdout


def _said(stage: Stage, program: str, *words: str) -> str:
    client = stage.lab.client
    argv = [sys.executable, "-c", program, *words]
    return client.node.run(argv, cwd=client.directory, check=False).stdout


def _pings(stage: Stage) -> bool:
    argv = ["ping", "-c", "1", "-W", "1", FILES]
    return stage.lab.run("client", argv, check=False).returncode == 0
