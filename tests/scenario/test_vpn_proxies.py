"""Through real proxies: HTTP (tinyproxy; squid for digest) and SOCKS (microsocks; dante for UDP).

near -- third (proxy) -- far -- files
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

import pytest

from netns import wait_for
from tests.interop.test_management import Operator
from tests.scenario.vpn_site import FILES, PAIRS, pings, wait_answers, wait_said

pytestmark = pytest.mark.tun

PROXY = "192.0.2.3"
SERVER_SEES_THE_PROXY = re.compile(r"TCP connection established with \[AF_INET\]192\.0\.2\.3:")
CLIENTS = pytest.mark.parametrize(
    "client", ["ours", pytest.param("openvpn", marks=pytest.mark.openvpn)]
)
TINYPROXY = "Port {port}\nListen 192.0.2.3\nTimeout 600\nMaxClients 10\n"
SQUID = """\
memory_cache_shared off
cache_mem 1 MB
http_port 192.0.2.3:{port}
auth_param digest program /usr/lib/squid/digest_file_auth -c {passwords}
auth_param digest children 1
auth_param digest realm lab
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
cache deny all
cache_effective_user proxy
access_log none
cache_log /dev/null
pid_filename none
shutdown_lifetime 0 seconds
"""
DANTE = """\
logoutput: stdout
internal: 192.0.2.3 port = {port}
external: 192.0.2.3
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: root
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""


@pytest.fixture
def proxy(site, tmp_path):
    """Start a proxy on `third`: proxy(name, port, *argv); its configuration is {conf}."""
    third, started = site.node("third"), []

    def start(name, port, argv, text="", **values):
        conf = tmp_path / f"{name}.conf"
        conf.write_text(text.format(port=port, **values))
        process = third.start(name, [word.format(conf=conf) for word in argv])
        started.append(process)
        listening = rf"192\.0\.2\.3:{port}\s"
        wait_for(
            lambda: re.search(listening, third.run(["ss", "-Hltn"]).stdout),
            20.0,
            f"{name} to listen",
        )
        return process

    yield start
    for process in started:
        process.stop()  # squid leaves shared memory behind when it is killed


@pytest.fixture
def passwords(tmp_path):
    """A file with a user name and a password."""
    file = tmp_path / "user-pass"
    file.write_text("me\nsecret\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def digests():
    """A file with the hash of a password, where a proxy that is not root can read it."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        file = Path(directory) / "digests"
        file.write_text(f"me:lab:{hashlib.md5(b'me:lab:secret').hexdigest()}\n")
        yield file


def works_through_the_proxy(lab):
    assert SERVER_SEES_THE_PROXY.search(lab.server.log_text())
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], lab.tunnel_address("near"))
    assert pings(lab["near"], FILES, size=4000)


@pytest.mark.shows("http-proxy")
@PAIRS
@pytest.mark.program("tinyproxy")
@pytest.mark.parametrize("has_password", [False, True])
def test_http(tunnel, proxy, passwords, pair, has_password):
    text = TINYPROXY + ("BasicAuth me secret\n" if has_password else "")
    proxy("tinyproxy", 8888, ["tinyproxy", "-d", "-c", "{conf}"], text)
    how = f"client:http-proxy={PROXY} 8888" + (f" {passwords} basic" if has_password else "")
    works_through_the_proxy(tunnel(*pair, "proto=tcp", how))


@CLIENTS
@pytest.mark.program("tinyproxy")
def test_http_proxy_that_wants_a_password(tunnel, proxy, client):
    argv = ["tinyproxy", "-d", "-c", "{conf}"]
    proxy("tinyproxy", 8889, argv, TINYPROXY + "BasicAuth me secret\n")
    lab = tunnel(client, "ours", "proto=tcp", f"client:http-proxy={PROXY} 8889", up=False)
    wait_said(lab.client, "HTTP proxy returned")
    wait_said(lab.client, "process restarting")


@pytest.mark.shows("http-proxy-user-pass")
@CLIENTS
@pytest.mark.program("squid")
def test_http_digest(tunnel, proxy, passwords, digests, tmp_path, client):
    """The proxy has only the hash of the password; the client is told by the proxy how to ask."""
    proxy(
        "squid",
        3128,
        ["squid", "-N", "-n", f"lab{os.getpid()}", "-f", "{conf}"],
        SQUID,
        passwords=digests,
    )
    inline = tmp_path / "inline.conf"
    inline.write_text(f"<http-proxy-user-pass>\n{passwords.read_text()}</http-proxy-user-pass>\n")
    how = (f"client:http-proxy={PROXY} 3128 auto-nct", f"client:config={inline}")
    works_through_the_proxy(tunnel(client, "ours", "proto=tcp", *how))


@pytest.mark.shows("socks-proxy")
@PAIRS
@pytest.mark.program("microsocks")
@pytest.mark.parametrize("has_password", [False, True])
def test_socks(tunnel, proxy, passwords, pair, has_password):
    login = ["-u", "me", "-P", "secret"] if has_password else []
    proxy("microsocks", 1081, ["microsocks", "-i", PROXY, "-p", "1081", *login])
    how = f"client:socks-proxy={PROXY} 1081" + (f" {passwords}" if has_password else "")
    works_through_the_proxy(tunnel(*pair, "proto=tcp", how))


@PAIRS
@pytest.mark.program("danted")
def test_socks_over_udp(tunnel, proxy, pair):
    proxy("danted", 1080, ["danted", "-f", "{conf}"], DANTE)
    lab = tunnel(*pair, f"client:socks-proxy={PROXY} 1080")
    assert "192.0.2.3:" in lab.server.log_text()
    assert "192.0.2.1:" not in lab.server.log_text()
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], lab.tunnel_address("near"))
    assert pings(lab["near"], FILES, size=1200)


@pytest.mark.program("microsocks")
def test_proxy_that_dies_ends_the_attempt(tunnel, proxy):
    argv = ["microsocks", "-i", PROXY, "-p", "1082"]
    process = proxy("microsocks", 1082, argv)
    lab = tunnel("ours", "ours", "proto=tcp", f"client:socks-proxy={PROXY} 1082")
    process.kill()
    wait_said(lab.client, "SIGUSR1[soft,connection-reset] received, process restarting")
    proxy("microsocks-again", 1082, argv)
    wait_said(lab.client, "Initialization Sequence Completed", times=2)
    wait_answers(lab["near"], FILES)


@pytest.mark.shows("management-query-proxy")
@CLIENTS
@pytest.mark.program("microsocks")
def test_proxy_that_an_operator_names(tunnel, proxy, client, tmp_path):
    proxy("microsocks", 1081, ["microsocks", "-i", PROXY, "-p", "1081"])
    path = tmp_path / "management"
    operator = Operator(path, {"^>PROXY:1,TCP,": f"proxy SOCKS {PROXY} 1081"})
    asks = (f"client:management={path} unix", "client:management-query-proxy")
    try:
        works_through_the_proxy(tunnel(client, "ours", "proto=tcp", *asks))
    finally:
        operator.close()
