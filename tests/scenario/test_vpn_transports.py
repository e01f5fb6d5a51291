"""Ways to a server: several sockets, several addresses, remotes that don't answer, a shared port.

near ===(tun)=== far -- files
"""

from __future__ import annotations

import pytest

from labs.services import HTTP_PORT
from netns import wait_for
from tests.scenario.vpn_site import FILES, PAIRS, pings, wait_answers, wait_said
from vpn.pki import static_key

pytestmark = pytest.mark.tun

CLIENTS = pytest.mark.parametrize(
    "client", ["ours", pytest.param("openvpn", marks=pytest.mark.openvpn)]
)
LOCALS = (
    "server:local=192.0.2.2 1194 udp",
    "server:local=192.0.2.2 1195 tcp-server",
    "server:local=2001:db8::2 1196 udp6",
    "server:local=* 1197 tcp6-server",
)


def to(*remotes):
    """Settings of a client with these remotes in place of the lab's own."""
    return ("client:-remote", *(f"client:remote={remote}" for remote in remotes))


@pytest.mark.shows("local")
@CLIENTS
@pytest.mark.parametrize(
    "remote",
    [
        "192.0.2.2 1194 udp",
        "192.0.2.2 1195 tcp-client",
        "2001:db8::2 1196 udp6",
        "192.0.2.2 1197 tcp-client",
        "2001:db8::2 1197 tcp6-client",
    ],
)
def test_server_listens_at_several_places_at_once(tunnel, client, remote):
    lab = tunnel(client, "ours", *LOCALS, *to(remote))
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], lab.tunnel_address("near"))


@pytest.mark.shows("multihome")
@PAIRS
def test_answers_leave_from_the_address_that_was_asked(tunnel, site, pair):
    far = site.node("far")
    far.add_address("eth0", "192.0.2.22/24")
    try:
        lab = tunnel(*pair, "server:multihome", *to("192.0.2.22 1194"))
        assert pings(lab["near"], FILES)
    finally:
        far.remove_address("eth0", "192.0.2.22/24")


@pytest.mark.shows("remote", "server-poll-timeout")
@PAIRS
def test_remotes_are_tried_until_one_answers(tunnel, pair):
    """A port where nobody listens, an address where nobody is, then the server."""
    remotes = to("192.0.2.2 9 tcp-client", "192.0.2.99 1194 udp", "192.0.2.2 1194 udp")
    lab = tunnel(*pair, *remotes, "client:server-poll-timeout=2", "client:connect-retry=1")
    text = lab.client.log_text()
    assert "TCP: connect to [AF_INET]192.0.2.2:9 failed: Connection refused" in text
    assert "SIGUSR1[connection failed(soft),connection-failed] received" in text
    assert "Server poll timeout, restarting" in text
    assert "SIGUSR1[soft,server_poll] received, process restarting" in text
    assert pings(lab["near"], FILES)


@pytest.mark.shows("connection", "lport", "bind", "config")
@PAIRS
def test_blocks_have_options_of_their_own(tunnel, pair, tmp_path):
    blocks = tmp_path / "blocks.conf"
    blocks.write_text(
        "<connection>\nremote 192.0.2.99 1194 udp\nconnect-timeout 1\n</connection>\n"
        "<connection>\nremote 192.0.2.2 1194 tcp-client\nlport 5555\nbind\n</connection>\n"
    )
    sets = ("client:-remote", "client:-nobind", f"client:config={blocks}", "server:proto=tcp")
    lab = tunnel(*pair, *sets)
    assert "192.0.2.1:5555" in lab.server.log_text()
    assert pings(lab["near"], FILES)


@pytest.mark.shows("connection", "tls-crypt")
@PAIRS
def test_a_block_has_a_key_of_its_own(tunnel, pair, tmp_path):
    """With the key around the blocks nobody answers; the second block names the server's."""
    keys = {name: static_key.generate() for name in ("right.key", "wrong.key")}
    for name, text in keys.items():
        (tmp_path / name).write_text(text)
    blocks = tmp_path / "blocks.conf"
    blocks.write_text(
        "<connection>\nremote 192.0.2.2 1194 udp\nconnect-timeout 1\n</connection>\n"
        "<connection>\nremote 192.0.2.2 1194 udp\n"
        f"<tls-crypt>\n{keys['right.key']}</tls-crypt>\n</connection>\n"
    )
    sets = (f"client:tls-crypt={tmp_path / 'wrong.key'}", f"client:config={blocks}")
    lab = tunnel(*pair, "client:-remote", *sets, f"server:tls-crypt={tmp_path / 'right.key'}")
    assert "Server poll timeout, restarting" in lab.client.log_text()
    assert pings(lab["near"], FILES)


@PAIRS
def test_a_name_that_moves_is_looked_up_again(tunnel, site, pair):
    """First it leads nowhere; when it leads to the server the client gets there by itself."""
    near = site.node("near")
    hosts = near.run(["cat", "/etc/hosts"]).stdout
    near.add_hosts({"moving.example": "192.0.2.99"})
    try:
        sets = (*to("moving.example 1194"), "client:connect-timeout=1")
        lab = tunnel(*pair, *sets, up=False)
        wait_said(lab.client, "Server poll timeout, restarting")
        near.run(["tee", "/etc/hosts"], stdin=f"{hosts}192.0.2.2 moving.example\n")
        lab.client.wait_up(20)
        wait_answers(near, FILES)
    finally:
        near.run(["tee", "/etc/hosts"], stdin=hosts)


@pytest.mark.shows("connect-timeout")
@PAIRS
def test_all_addresses_of_a_name_are_tried(tunnel, site, pair):
    """Its IPv6 address, where nobody is, comes first; IPv4 is the way out."""
    near = site.node("near")
    hosts = near.run(["cat", "/etc/hosts"]).stdout
    near.add_hosts({"both.example": "2001:db8::99"})
    near.add_hosts({"both.example": "192.0.2.2"})
    try:
        sets = (*to("both.example 1194"), "client:connect-timeout=2", "client:connect-retry=1")
        lab = tunnel(*pair, *sets)
        said = lab.client.log_text()
        assert "UDPv6 link remote: [AF_INET6]2001:db8::99:1194" in said
        assert "UDPv4 link remote: [AF_INET]192.0.2.2:1194" in said
        assert pings(near, FILES)
    finally:
        near.run(["tee", "/etc/hosts"], stdin=hosts)


@PAIRS
def test_clients_on_ipv6_and_ipv4_share_a_dual_stack_server(tunnel, pair):
    remotes = to("192.0.2.2 1194 tcp-client", "2001:db8::2 1194 tcp6-client")
    lab = tunnel(*pair, "server:proto=tcp6", "server:multihome", *remotes, "client:remote-random")
    assert pings(lab["near"], FILES)
    assert pings(lab["files"], lab.tunnel_address("near"))


@pytest.mark.shows("connect-retry-max")
@CLIENTS
def test_connect_retry_max_ends_the_client(tunnel, client):
    lab = tunnel(
        client, "ours", *to("192.0.2.2 9 tcp-client", "192.0.2.2 10 tcp-client"),
        "client:connect-retry-max=2", "client:connect-retry=1 1", up=False,
    )  # fmt: skip
    words = "All connections have been connect-retry-max (2) times unsuccessful, exiting"
    wait_said(lab.client, words)
    wait_said(lab.client, "Exiting due to fatal error")
    assert lab.client.log_text().count("Attempting to establish TCP connection with") == 4


@pytest.mark.shows("resolv-retry")
@CLIENTS
def test_resolv_retry_0_ends_the_client(tunnel, client):
    sets = (*to("nowhere.invalid 1194"), "client:resolv-retry=0")
    lab = tunnel(client, "ours", *sets, up=False)
    wait_said(lab.client, "RESOLVE: Cannot resolve host address: nowhere.invalid:1194")
    wait_said(lab.client, "Exiting due to fatal error")


@pytest.mark.shows("float")
@PAIRS
def test_float_lets_answers_come_from_another_address(tunnel, site, pair):
    """The server without multihome answers from its first address."""
    far = site.node("far")
    far.add_address("eth0", "192.0.2.22/24")
    try:
        lab = tunnel(*pair, "client:float", *to("192.0.2.22 1194"))
        assert pings(lab["near"], FILES)
    finally:
        far.remove_address("eth0", "192.0.2.22/24")


@pytest.mark.shows("port-share")
@pytest.mark.program("curl")
@PAIRS
def test_port_is_shared_with_a_web_server(tunnel, pair):
    share = f"server:port-share={FILES} {HTTP_PORT}"
    lab = tunnel(*pair, "proto=tcp", share)
    assert pings(lab["near"], FILES)
    url = "http://192.0.2.2:1194/"
    page = lab["third"].run(["curl", "-sS", "-m5", url]).stdout
    assert page == lab["files"].run(["curl", "-sS", "-m5", f"http://{FILES}:{HTTP_PORT}/"]).stdout
    assert pings(lab["near"], FILES)


@pytest.mark.shows("passtos")
def test_passtos_marks_the_outer_packet_like_the_inner_one(tunnel):
    lab = tunnel("ours", "ours", "client:passtos")
    near, far = lab["near"], lab["far"]
    rule = "add rule inet tos in udp dport 1194 ip dscp 46 counter accept"
    far.run(["nft", "add", "table", "inet", "tos"])
    try:
        far.run(
            ["nft", "add", "chain", "inet", "tos", "in", "{ type filter hook input priority 0; }"]
        )
        far.run(["nft", *rule.split()])
        near.run(["ping", "-nqc3", "-i0.05", "-Q", "0xb8", FILES])
        wait_for(
            lambda: "packets 3 " in far.run(["nft", "list", "table", "inet", "tos"]).stdout,
            5.0, "three packets marked 46",
        )  # fmt: skip
        near.run(["ping", "-nqc3", "-i0.05", FILES])
        assert "packets 3 " in far.run(["nft", "list", "table", "inet", "tos"]).stdout
    finally:
        far.run(["nft", "delete", "table", "inet", "tos"])


@pytest.mark.shows("mtu-disc")
def test_mtu_disc_decides_about_the_df_bit(tunnel):
    lab = tunnel("ours", "ours", "client:mtu-disc=yes", "client:-mssfix")
    near, far = lab["near"], lab["far"]
    far.run(["nft", "add", "table", "inet", "df"])
    try:
        far.run(
            ["nft", "add", "chain", "inet", "df", "in", "{ type filter hook input priority 0; }"]
        )
        rule = "add rule inet df in udp dport 1194 ip frag-off & 0x4000 != 0 counter accept"
        far.run(["nft", *rule.split()])
        near.run(["ping", "-nqc3", "-i0.05", FILES])
        assert "packets 0 " not in far.run(["nft", "list", "table", "inet", "df"]).stdout
    finally:
        far.run(["nft", "delete", "table", "inet", "df"])


@pytest.mark.shows("mark")
def test_mark_is_on_every_packet_of_the_socket(tunnel, site):
    near = site.node("near")
    near.run(["nft", "add", "table", "inet", "marks"])
    try:
        hook = "{ type filter hook output priority 0; }"
        near.run(["nft", "add", "chain", "inet", "marks", "out", hook])
        for marked in ("mark != 7", "mark 7"):
            rule = f"add rule inet marks out udp dport 1194 {marked} counter"
            near.run(["nft", *rule.split()])
        lab = tunnel("ours", "ours", "client:mark=7")
        assert pings(near, FILES)
        shown = near.run(["nft", "list", "table", "inet", "marks"]).stdout
        assert shown.count("packets 0 ") == 1, shown
        assert lab.client.is_alive
    finally:
        near.run(["nft", "delete", "table", "inet", "marks"])


@pytest.mark.shows("rcvbuf", "sndbuf")
@pytest.mark.openvpn
@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_what_a_stock_server_pushes_about_the_socket_is_taken(tunnel, proto):
    pushes = ("server:tcp-nodelay", "server:push=sndbuf 60000", "server:push=rcvbuf 50000")
    lab = tunnel("ours", "openvpn", f"proto={proto}", *pushes)
    text = lab.client.log_text()
    assert "->100000] S=[" in text
    assert "->120000]" in text
    assert "Options error" not in text
    assert pings(lab["near"], FILES)


@pytest.mark.shows("tcp-nodelay")
@pytest.mark.openvpn
def test_a_stock_client_takes_what_we_push_about_the_socket(tunnel):
    pushes = ("server:tcp-nodelay", "server:push=rcvbuf 50000")
    lab = tunnel("openvpn", "ours", "proto=tcp", *pushes)
    text = lab.client.log_text()
    assert "socket-flags TCP_NODELAY" in text
    assert "->100000]" in text
    assert "Options error" not in text
