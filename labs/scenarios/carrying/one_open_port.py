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
PATIENCE = 20  # seconds, for what does come
FTP = """
import ftplib, socket, ssl, sys
host, port, mode, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
patience, for_data = float(sys.argv[5]), float(sys.argv[6])
ftp = ftplib.FTP(timeout=for_data)
ftp.trust_server_pasv_ipv4_address = True
link = socket.create_connection((host, port), timeout=patience)
if kind == "tls":
    context = ssl.create_default_context(cafile="ca.crt")
    context.check_hostname = False
    link = context.wrap_socket(link)
ftp.host, ftp.af, ftp.sock, ftp.file = host, link.family, link, link.makefile("r", encoding="utf-8")
ftp.welcome = ftp.getresp()
print(ftp.login(), flush=True)
ftp.sock.settimeout(for_data)
ftp.set_pasv(mode == "passive")
ftp.retrlines("RETR index.html")
"""
DNS = """
import sys
from dnslib import DNSRecord
where, patience = (sys.argv[1], int(sys.argv[2])), float(sys.argv[3])
reply = DNSRecord.question("files.lab.example").send(*where, timeout=patience)
print(DNSRecord.parse(reply).short())
"""


@scenario(howto=(17,))
def play(stage: Stage) -> None:
    stage.act("A TLS port forwarder has the one open port; it leads to the web server of files.")
    forwarder = _forward_to(stage, 80)
    _page_comes(stage, f"https://{PUBLIC}:1194/")
    stage.see("there is no way for ping", not _pings(stage))
    stage.see("nor for DNS, which is UDP", FILES not in _said(stage, DNS, PUBLIC, "1194", 1))
    forwarder.stop()
    stage.act("The port leads to the FTP server of files instead.")
    forwarder = _forward_to(stage, 21)
    for mode in ("passive", "active"):
        said = _said(stage, FTP, PUBLIC, "1194", mode, "tls", PATIENCE, 1)
        stage.see(f"FTP lets the user in, and no file comes, {mode}", "230" in said, said)
        stage.see("because the data have a connection of their own", PAGE not in said, said)
    forwarder.stop()
    stage.act("The VPN has the one open port.")
    stage.up("proto=tcp")
    _page_comes(stage, f"http://{FILES}/")
    for mode in ("passive", "active"):
        said = _said(stage, FTP, FILES, "21", mode, "plain", PATIENCE, PATIENCE)
        stage.see(f"FTP brings the file, {mode}", PAGE in said, said)
    stage.see("DNS knows files", FILES in _said(stage, DNS, FILES, "53", PATIENCE))
    stage.pings("client", "files")


def _forward_to(stage: Stage, port: int) -> Process:
    server = stage.lab.server
    to = ["1194", FILES, str(port), "server.crt", "server.key"]
    return server.node.start(
        f"forwarder-{port}", [sys.executable, "-um", "labs.services.tls_forward", *to],
        ready=tls_forward.READY, env=ours.environment(), cwd=server.directory,
    )  # fmt: skip


def _page_comes(stage: Stage, address: str) -> None:
    argv = ["curl", "-ksS", "-m", str(PATIENCE), address]
    done = stage.lab.run("client", argv, check=False, timeout=2 * PATIENCE)
    stage.see("HTTP comes through it", PAGE in done.stdout, done.stderr)


def _said(stage: Stage, program: str, *words: str | int) -> str:
    client = stage.lab.client
    argv = [sys.executable, "-c", program, *map(str, words)]
    return client.node.run(argv, cwd=client.directory, check=False, timeout=2 * PATIENCE).stdout


def _pings(stage: Stage) -> bool:
    argv = ["ping", "-c", "1", "-W", "1", FILES]
    return stage.lab.run("client", argv, check=False).returncode == 0
