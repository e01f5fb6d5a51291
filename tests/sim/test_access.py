"""Who may come in: user names, tokens, a client's own file; what each client gets."""

from __future__ import annotations

import logging
from ipaddress import ip_network

import pytest
from scapy.layers.inet6 import IPv6

from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.config.access_options import TokenLife, Verifier
from vpn.config.options import Secret
from vpn.errors import Drop
from vpn.events import AdmissionWanted, CredentialsWanted, Decision, Exiting, PeerJoined, TunnelUp
from vpn.pki import genkey

VERIFY = Verifier(("/bin/verify",), by_file=False)
USER = Secret(b"alice\nsecret\n")


def guarded(client: dict[str, object] | None = None, **server: object) -> Pair:
    """A pair of which the server asks for user name and password."""
    return Pair(
        client=client_options(**{"client__auth_user_pass": USER, **(client or {})}),
        server=server_options(access__user_pass_verify=VERIFY, **server),
    )


def asked(pair: Pair) -> AdmissionWanted:
    """Drive until the next question; and what it is."""
    before = len(pair.server.saw(AdmissionWanted))
    assert pair.drive(lambda: len(pair.server.saw(AdmissionWanted)) > before, 60)
    return pair.server.saw(AdmissionWanted)[-1]


def answer(pair: Pair, allowed: bool = True, reason: str = "", *directives: str) -> None:
    question = pair.server.saw(AdmissionWanted)[-1]
    decision = Decision(allowed, reason, directives)
    pair.server.core.decide(question.client_id, decision, pair.network.now)
    pair._settle()


def test_client_waits_for_the_answer_about_its_password():
    pair = guarded()
    question = asked(pair)
    assert (question.question, question.username, question.password) == ("auth", "alice", "secret")
    assert "secret" not in repr(question)
    assert question.environment["X509_0_CN"] == "Test-Client"
    pair.run_for(20)
    assert not pair.admitted
    answer(pair)
    assert pair.connect(1)


def test_client_with_a_wrong_password_is_told_why():
    pair = guarded()
    asked(pair)
    answer(pair, False, "no such user")
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 10)
    pair.run_for(10)
    assert len(pair.server.core.clients) == 0


def test_an_answer_that_never_comes_is_a_no():
    pair = guarded(tls__hand_window=10)
    asked(pair)
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 20)


@pytest.mark.shows("auth-user-pass-optional")
def test_client_without_user_name_is_refused_unless_that_is_optional():
    for optional in (False, True):
        server = server_options(
            access__user_pass_verify=VERIFY, access__user_pass_optional=optional
        )
        pair = Pair(server=server)
        pair.run_for(5)
        assert bool(pair.server.saw(AdmissionWanted)) is optional


def test_password_is_checked_again_at_a_renegotiation():
    pair = guarded({"tls__reneg_sec": 30})
    asked(pair)
    answer(pair)
    assert pair.connect(1)
    again = asked(pair)
    assert (again.key_id, again.is_renegotiation) == (1, True)
    answer(pair)
    packet = ipv4("10.8.0.1", "10.8.0.2")
    pair.run_for(20)  # by now the new key is in use
    pair.send_from_server(packet)
    pair.run_for(1)
    assert packet in pair.client.packets
    asked(pair)
    answer(pair, False)
    pair.run_for(10)
    assert not pair.admitted


@pytest.mark.shows("auth-nocache")
def test_password_is_forgotten_when_it_was_sent_and_asked_for_again():
    pair = guarded({"client__auth_nocache": True, "tls__reneg_sec": 30})
    asked(pair)
    answer(pair)
    assert pair.connect(1)
    assert pair.drive(lambda: bool(pair.client.saw(CredentialsWanted)), 40)
    assert pair.client.core.credentials.is_missing
    pair.run_for(20)  # the user takes his time
    assert len(pair.client.saw(CredentialsWanted)) == 1
    pair.client.core.set_credentials("alice", "secret")
    assert asked(pair).key_id == 1
    answer(pair)
    pair.run_for(5)
    assert pair.client.core.peer.channel.newest.key_id == 1
    assert len(pair.client.saw(TunnelUp)) == 1


@pytest.mark.shows("verify-client-cert")
@pytest.mark.parametrize("rule", ["require", "none"])
def test_password_stands_for_a_certificate_only_where_it_may(rule):
    pair = guarded({"tls__cert": None, "tls__key": None}, tls__verify_client_cert=rule)
    pair.run_for(5)
    assert bool(pair.server.saw(AdmissionWanted)) is (rule == "none")


def test_user_name_as_common_name():
    pair = guarded(access__username_as_common_name=True)
    asked(pair)
    answer(pair)
    assert pair.connect(1)
    assert pair.server.saw(PeerJoined)[0].common_name == "alice"


@pytest.mark.shows("ifconfig-push", "ifconfig-ipv6-push", "iroute", "push-remove")
def test_own_addresses_networks_and_pushes_of_one_client():
    server = server_options(
        access__client_config_dir="ccd",
        tun__ifconfig_ipv6=("2001:db8::1/64", "2001:db8::2"),
        server__pool_ipv6="2001:db8::1000/64",
    )
    pair = Pair(server=server)
    assert asked(pair).question == "config"
    lines = ("ifconfig-push 10.8.0.77 255.255.255.0", "ifconfig-ipv6-push 2001:db8::77/64",
             "iroute 192.168.7.0 255.255.255.0", "push-remove ping", 'push "ping 3"',
             'push "route 192.168.7.0 255.255.255.0"',
             'push "route 192.168.6.0 255.255.255.0"')  # fmt: skip
    answer(pair, True, "", *lines)
    assert pair.connect(1)
    options = pair.client.saw(TunnelUp)[0].options
    assert options.tun.ifconfig == ("10.8.0.77", "255.255.255.0")
    assert options.tun.ifconfig_ipv6 == ("2001:db8::77/64", "2001:db8::1")
    assert options.link.ping == 3
    assert [route.network for route in options.tun.routes] == ["192.168.6.0"]  # not its own
    behind = ipv4("192.168.7.9", "10.8.0.1")
    pair.send_from_client(behind, ipv4("192.168.8.9", "10.8.0.1"))
    pair.run_for(1)
    assert pair.server.packets == [behind]
    assert pair.server.core.drops[Drop.BAD_SOURCE] == 1
    pair.send_from_server(ipv4("10.8.0.1", "192.168.7.9"))
    pair.run_for(1)
    assert len(pair.client.packets) == 1


@pytest.mark.shows("iroute-ipv6")
def test_a_network_behind_a_client_may_be_of_ipv6():
    behind = bytes(IPv6(src="2001:db8:7::9", dst="2001:db8::1"))
    for line, expected in (("iroute-ipv6 2001:db8:7::/48", [behind]), ("ping 9", [])):
        pair = Pair(server=server_options(access__client_config_dir="ccd"))
        asked(pair)
        answer(pair, True, "", line)
        assert pair.connect(1)
        pair.send_from_client(behind)
        pair.run_for(1)
        assert pair.server.packets == expected


@pytest.mark.shows("disable")
@pytest.mark.parametrize(("allowed", "line"), [(True, "disable"), (False, "")])
def test_client_that_its_own_file_keeps_out(allowed, line):
    pair = Pair(server=server_options(access__client_config_dir="ccd"))
    asked(pair)
    answer(pair, allowed, "", line)
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 10)


@pytest.mark.shows("ifconfig-ipv6-pool")
def test_ipv6_from_the_pool():
    pair = Pair(
        server=server_options(
            tun__ifconfig_ipv6=("2001:db8::1/64", "2001:db8::2"),
            server__pool_ipv6="2001:db8::1000/64",
        )
    )
    assert pair.connect(5)
    assert pair.client.saw(TunnelUp)[0].options.tun.ifconfig_ipv6 == (
        "2001:db8::1000/64",
        "2001:db8::1",
    )
    assert str(pair.admitted[0].ipv6) == "2001:db8::1000"


def with_tokens(**life: int) -> Pair:
    pair = guarded({"tls__reneg_sec": 60}, access__token_life=TokenLife(**life), tls__reneg_sec=60)
    asked(pair)
    answer(pair)
    assert pair.connect(1)
    return pair


def test_token_stands_for_the_password_at_renegotiations():
    pair = with_tokens()
    first = pair.client.saw(TunnelUp)[0].options.push.auth_token
    assert first.startswith(b"SESS_ID_AT_")
    pair.run_for(200)
    assert len(pair.server.saw(AdmissionWanted)) == 1  # nobody was asked again
    assert pair.server.core.clients.by_peer_id[0].judged.key_id >= 2
    assert len(pair.admitted) == 1


@pytest.mark.shows("auth-gen-token-secret")
@pytest.mark.parametrize("is_kept", [True, False])
def test_token_outlives_the_server_that_gave_it_if_the_key_is_kept(is_kept):
    keys = [Secret(genkey.text(genkey.TOKEN).encode()) for _ in range(2)]
    servers = [
        {"access__token_life": TokenLife(), "access__token_secret": keys[0 if is_kept else n]}
        for n in range(2)
    ]
    pair = guarded(**servers[0])
    asked(pair)
    answer(pair)
    assert pair.connect(1)
    token = pair.client.saw(TunnelUp)[0].options.push.auth_token
    again = guarded({"client__auth_user_pass": Secret(b"alice\n" + token)}, **servers[1])
    assert again.connect(20) is is_kept
    assert not again.server.saw(AdmissionWanted)


def test_token_that_has_expired_is_told_from_a_wrong_one(caplog):
    caplog.set_level(logging.INFO, logger="vpn")
    pair = with_tokens(lifetime=100)
    pair.run_for(150)
    assert "AUTH_FAILED,SESSION: token expired" in caplog.text


class Listener:
    """A hook that notes what it is told and objects to some of it."""

    def __init__(self, *refused: str) -> None:
        self.told: list[tuple[str, str]] = []
        self._refused = refused

    def learn_address(self, operation, address, common_name, environment) -> bool:
        assert environment()["common_name"] == common_name
        self.told.append((operation, address))
        return address not in self._refused


@pytest.mark.parametrize("refused", [(), ("10.8.0.2",)])
def test_addresses_that_clients_use_are_told_and_may_be_refused(refused):
    pair = Pair()
    listener = pair.server.core._switch._hooks = Listener(*refused)
    assert pair.connect(5)
    assert listener.told == [("add", "10.8.0.2")]
    pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1"))
    pair.run_for(1)
    assert bool(pair.server.packets) is not bool(refused)
    pair.server.core._members.remove(pair.admitted[0], "test", pair.network.now)
    assert listener.told[1:] == ([] if refused else [("delete", "10.8.0.2")])


@pytest.mark.shows("connect-freq")
def test_connections_are_not_taken_faster_than_connect_freq():
    others = tuple(client_options() for _ in range(3))
    server = server_options(access__connect_freq=(2, 30), server__duplicate_cn=True)
    pair = Pair(server=server, extra_clients=others)
    pair.run_for(5)
    assert len(pair.admitted) == 2
    assert pair.server.core.drops[Drop.RATE_LIMIT] > 0
    assert pair.connect(90)


def test_client_is_asked_for_patience(caplog):
    caplog.set_level(logging.INFO, logger="vpn")
    pair = guarded(tls__hand_window=10)
    question = asked(pair)
    pair.server.core.ask_patience(question.client_id, 50, "OPEN_URL:https://x", pair.network.now)
    pair.run_for(45)  # longer than any hand-window
    assert "AUTH_PENDING,timeout 50" in caplog.text
    assert "INFO_PRE,OPEN_URL:https://x" in caplog.text
    answer(pair)
    assert pair.connect(6)


@pytest.mark.shows("override-username")
def test_client_counts_as_another_user_from_then_on(caplog):
    pair = guarded({"tls__reneg_sec": 60}, access__token_life=TokenLife(), tls__reneg_sec=60)
    asked(pair)
    answer(pair, True, "", "override-username carol")
    assert pair.connect(1)
    assert "override-username changes username from 'alice' to 'carol'" in caplog.text
    pushed = pair.client.saw(TunnelUp)[0].options.push
    assert pushed.auth_token_user == "Y2Fyb2w="
    pair.run_for(200)
    (entry,) = pair.admitted
    assert entry.judged.key_id >= 2
    assert entry.status(pair.network.now).username == "carol"
    assert len(pair.server.saw(AdmissionWanted)) == 1  # the token is carol's


def test_overridden_client_may_come_again_with_its_own_name():
    pair = guarded({"tls__reneg_sec": 60}, tls__reneg_sec=60)
    asked(pair)
    answer(pair, True, "", "override-username carol")
    assert pair.connect(1)
    assert asked(pair).username == "alice"
    answer(pair)
    pair.run_for(5)
    (entry,) = pair.admitted
    assert entry.username == "carol"


@pytest.mark.shows("ifconfig-push-constraint")
@pytest.mark.parametrize(("network", "is_said"), [("10.8.0.0/24", False), ("10.9.0.0/16", True)])
def test_address_outside_of_where_it_should_be_is_an_error_in_the_log(caplog, network, is_said):
    pair = Pair(server=server_options(access__address_constraint=ip_network(network)))
    assert pair.connect(5)
    words = "violates tunnel network/netmask constraint (10.9.0.0/255.255.0.0)"
    assert (words in caplog.text) is is_said
