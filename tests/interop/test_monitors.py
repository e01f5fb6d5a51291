"""Programs that watch a server and know nothing of us, unchanged: openvpn-monitor from PyPI.

The parsers of status files that are on PyPI (openvpn-status, openvpn-status-parser) stop at the
stock program's own files since it writes dates as 2.5 does; so a file of ours is compared with one
of the stock program's, which is what any other reader was written for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from netns import wait_for

SECONDS = 15.0
CONFIG = """\
[openvpn-monitor]
site = Lab
enable_maps = False
[lab]
name = Lab VPN
socket = {socket}
show_disconnect = {may_disconnect}
"""
# Look at the monitor's page, as a browser does; with "disconnect", press the button on it, too.
BROWSE = r"""
import re, sys
from openvpn_monitor.app import application
browser = application.test_client()
page = browser.get("/").text
if "disconnect" in sys.argv:
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    page = browser.post("/", data=form).text
print(re.sub(r"(\s|<[^>]*>)+", " ", page))
"""
BYTES = r"\d{4} \(\d\.\d KiB\)"
IS_UP = re.compile(r"[,\t]10\.8\.0\.2[,\t]|^10\.8\.0\.2,|^TCP/UDP read bytes,\d{4}", re.MULTILINE)
VOLATILE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|(?<=[,\t])\d{3,}(?=[,\t\n])|:\d{4,5}\b")


@pytest.fixture
def browse(tmp_path):
    """What the monitor shows of a management socket."""

    def look(socket, *words, may_disconnect=False) -> str:
        config = tmp_path / "monitor.conf"
        config.write_text(CONFIG.format(socket=socket, may_disconnect=may_disconnect))
        done = subprocess.run(
            [sys.executable, "-Ic", BROWSE, *words],
            env={**os.environ, "OPENVPNMONITOR_CONFIG_FILE": str(config)},
            capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return look


def test_a_monitor_shows_a_servers_clients_and_disconnects_one(tunnel, browse, tmp_path):
    socket = tmp_path / "server"
    lab = tunnel("openvpn", "ours", f"server:management={socket} unix")
    page = browse(socket, "disconnect", may_disconnect=True)
    assert re.search(rf"Server CONNECTED Yes 1 {BYTES} {BYTES} .* 10\.8\.0\.1 ", page)
    assert re.search(rf" client 10\.8\.0\.2 203\.0\.113\.2 .* {BYTES} {BYTES} .* Disconnect", page)
    assert " OpenVPN 2.6.14 compatible: vpnlab " in page
    lab.client.process.wait_log("server-pushed-connection-reset", SECONDS)


def test_a_monitor_shows_a_client(tunnel, browse, tmp_path):
    socket = tmp_path / "client"
    tunnel("ours", "openvpn", f"client:management={socket} unix")
    assert re.search(r"Client CONNECTED Yes .* 10\.8\.0\.2 198\.51\.100\.10 ", browse(socket))


@pytest.mark.shows("status", "status-version")
@pytest.mark.parametrize(
    ("end", "version"), [("server", 1), ("server", 2), ("server", 3), ("client", 1)]
)
def test_status_is_that_of_the_stock_program(tunnel, tmp_path, end, version):
    def status(program: str) -> list[str]:
        path = tmp_path / program
        pair = (program, "openvpn") if end == "client" else ("openvpn", program)
        lab = tunnel(*pair, f"{end}:status={path} 1", f"{end}:status-version={version}")
        wait_for(lambda: IS_UP.search(path.read_text()), SECONDS, "the tunnel in the file")
        lab.stop_tunnel()
        return VOLATILE.sub("#", path.read_text().partition("\n")[2]).splitlines()

    assert status("ours") == status("openvpn")
