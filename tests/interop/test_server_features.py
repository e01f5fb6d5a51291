"""What a server can be told about its clients; the stock program at one end, in either role.

The stock server goes through the same tests: what is expected of ours is what it does.
"""

from __future__ import annotations

import re
import sys

import pytest

from labs.errors import LabError
from netns import wait_for

EACH = pytest.mark.parametrize(
    "pair", [("ours", "openvpn"), ("openvpn", "ours")], ids="/".join
)  # client, server
SECONDS = 15.0
SOON = ("client:tls-exit", "client:hand-window=3")  # a refusal ends the client
TARGET = "10.20.0.10"


def wait_said(end, words) -> None:
    wait_for(lambda: re.search(words, end.log_text()), SECONDS, f"{end.name} to say {words!r}")


def pings(node, address) -> None:
    node.run(["ping", "-nq", "-c3", "-i0.05", "-W2", address])


# -- one client ------------------------------------------------------------------------------------


@pytest.mark.shows("ifconfig-pool")
@EACH
def test_a_pool_of_its_own(tunnel, pair):
    lab = tunnel(
        *pair,
        "server:server=10.8.0.0 255.255.255.0 nopool",
        "server:ifconfig-pool=10.8.0.100 10.8.0.110",
    )
    assert lab.tunnel_address("client") == "10.8.0.100"


@pytest.mark.shows("topology")
@EACH
@pytest.mark.parametrize("topology", ["net30", "p2p", "subnet"])
def test_every_topology(tunnel, pair, topology):
    lab = tunnel(*pair, f"server:topology={topology}")
    pings(lab["client"], TARGET)
    pings(lab.server.node, lab.tunnel_address("client"))


@pytest.mark.shows("push-reset")
@EACH
def test_nothing_is_pushed_after_a_reset(tunnel, pair, tmp_path):
    (tmp_path / "DEFAULT").write_text(
        'push-reset\npush "topology subnet"\npush "route-gateway 10.8.0.1"\n'
        'push "route 10.20.0.0 255.255.255.128"\n'
    )
    lab = tunnel(*pair, f"server:client-config-dir={tmp_path}")
    table = lab["client"].run(["ip", "route"]).stdout
    assert "10.20.0.0/25" in table
    assert "10.20.0.0/24" not in table


@pytest.mark.shows("ccd-exclusive")
@EACH
def test_a_client_without_a_file_stays_outside(tunnel, pair, tmp_path):
    with pytest.raises(LabError):
        tunnel(*pair, *SOON, f"server:client-config-dir={tmp_path}", "server:ccd-exclusive")


@pytest.mark.shows("disable")
@EACH
def test_a_disabled_client_stays_outside(tunnel, pair, tmp_path):
    (tmp_path / "client").write_text("disable\n")
    with pytest.raises(LabError):
        tunnel(*pair, *SOON, f"server:client-config-dir={tmp_path}")


@EACH
def test_a_server_that_is_busy_asks_to_come_back_later(tunnel, pair, script, user, tmp_path):
    calls = tmp_path / "calls"
    body = f"""
echo . >> {calls}
[ $(wc -l < {calls}) -gt 1 ] && exit 0
echo 'TEMP[backoff 1]: come back later' > "$auth_failed_reason_file"
exit 1"""
    lab = tunnel(
        *pair,
        f"server:auth-user-pass-verify={script('verify', body)} via-env",
        "server:script-security=2",
        f"client:auth-user-pass={user}",
    )
    wait_said(lab.client, r"AUTH_FAILED,TEMP\[backoff 1\]: come back later")
    pings(lab["client"], TARGET)


@EACH
def test_an_answer_that_takes_its_time_is_announced(tunnel, pair, script, user):
    body = """
printf '20\\nopenurl\\nOPEN_URL:https://sso.example/\\n' > "$auth_pending_file"
( sleep 1; printf 1 > "$auth_control_file" ) > /dev/null 2>&1 &
exit 2"""
    lab = tunnel(
        *pair,
        f"server:auth-user-pass-verify={script('verify', body)} via-env",
        "server:script-security=2",
        f"client:auth-user-pass={user}",
        "client:setenv=IV_SSO openurl",
        "client:push-peer-info",
    )
    wait_said(lab.client, "AUTH_PENDING|INFO_PRE|OPEN_URL")
    pings(lab["client"], TARGET)


@pytest.mark.shows("tls-verify")
@EACH
def test_a_script_looks_at_certificates(tunnel, pair, script, tmp_path):
    told = tmp_path / "told"
    verify = script("verify", f'echo "$1 $2 $tls_serial_0 $X509_0_CN" >> {told}')
    lab = tunnel(
        *pair,
        "script-security=2",
        f"server:tls-verify={verify}",
    )
    pings(lab["client"], TARGET)
    lines = told.read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines] == ["1", "0"]
    assert re.fullmatch(r"0 CN=client \d+ client", lines[1])


TRACKED = ("+CN", "basicConstraints", "keyUsage", "extendedKeyUsage", "subjectKeyIdentifier",
           "authorityKeyIdentifier", "+SHA1", "SHA256", "O")  # fmt: skip


@pytest.mark.shows("x509-track", "tls-export-cert", "tls-verify")
def test_scripts_are_told_the_same_of_certificates(tunnel, script, tmp_path):
    told, more = {}, tmp_path / "more"
    more.write_text("".join(f"x509-track {one}\n" for one in TRACKED), encoding="utf-8")
    for pair in (("ours", "openvpn"), ("openvpn", "ours")):
        seen = tmp_path / pair[1]
        lines = 'env | grep -a "^X509_\\|^tls_[dis]" | sort; openssl x509 -noout -serial -in'
        verify = script("verify", f'exec >> {seen}; echo "depth $1"; {lines} "$peer_cert"')
        lab = tunnel(
            *pair,
            "script-security=2",
            f"server:tls-verify={verify}",
            f"server:tls-export-cert={tmp_path}",
            f"server:config={more}",
        )
        pings(lab["client"], TARGET)
        lab.client.process.stop()
        lab.server.process.stop()
        told[pair[1]] = seen.read_text(encoding="utf-8")
    assert "X509_0_extendedKeyUsage=TLS Web Client Authentication" in told["ours"]
    assert told["ours"] == told["openvpn"]


@pytest.mark.shows("tls-verify")
@EACH
def test_a_script_that_says_no(tunnel, pair, script):
    sets = ["script-security=2", f"server:tls-verify={script('verify', 'exit 1')}"]
    with pytest.raises(LabError):
        tunnel(*pair, *SOON, *sets)


# -- two clients -----------------------------------------------------------------------------------


def share_a_certificate(lab) -> None:
    one, two = lab.clients
    text = two.config.read_text(encoding="utf-8")
    for kind in ("crt", "key"):
        text = text.replace(f"{two.name}.{kind}", str(one.directory / f"{one.name}.{kind}"))
    two.config.write_text(text, encoding="utf-8")


@pytest.mark.shows("duplicate-cn")
@EACH
def test_the_last_of_two_with_one_name_stays(server_of_two, pair):
    lab = server_of_two(pair)
    share_a_certificate(lab)
    for client in lab.clients:
        client.start()
        client.wait_up(SECONDS)
    assert lab.tunnel_address("laptop") == "10.8.0.2"
    wait_said(lab.server, "new connection by client 'client' will cause previous active sessions")
    pings(lab["laptop"], TARGET)


@pytest.mark.shows("duplicate-cn")
@EACH
def test_two_with_one_name_stay_where_they_may(server_of_two, pair):
    lab = server_of_two(pair, "server:duplicate-cn")
    share_a_certificate(lab)
    for client in lab.clients:
        client.start()
        client.wait_up(SECONDS)
    assert lab.tunnel_address("client") != lab.tunnel_address("laptop")
    for node in ("client", "laptop"):
        pings(lab[node], TARGET)


@pytest.mark.shows("max-clients")
@EACH
def test_one_client_is_all_there_may_be(server_of_two, pair):
    lab = server_of_two(pair, "server:max-clients=1")
    one, two = lab.clients
    one.start()
    one.wait_up(SECONDS)
    two.start()
    wait_said(lab.server, "maximum number of clients|--max-clients")
    pings(lab["client"], TARGET)


@pytest.mark.shows("connect-freq")
@EACH
def test_new_clients_come_no_faster_than_they_may(server_of_two, pair):
    lab = server_of_two(pair, "server:connect-freq=1 60")
    one, two = lab.clients
    one.start()
    one.wait_up(SECONDS)
    two.start()
    wait_said(lab.server, "new connection rate|--connect-freq")
    pings(lab["client"], TARGET)


RESETS = """
import os, socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    for _ in range(4):
        reset = bytes((7 << 3,)) + os.urandom(8) + bytes(5)
        link.sendto(reset, (sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.shows("connect-freq-initial")
@EACH
def test_strangers_are_answered_no_more_often_than_they_may(server_of_two, pair):
    lab = server_of_two(pair, "server:connect-freq-initial=2 60")
    remote = re.search(r"^remote (\S+) (\d+)", lab.clients[0].config.read_text(), re.MULTILINE)
    lab["laptop"].run([sys.executable, "-ISc", RESETS, *remote.groups()])
    wait_said(lab.server, "Note: --connect-freq-initial 2 60 rate limit exceeded, dropping initial")
