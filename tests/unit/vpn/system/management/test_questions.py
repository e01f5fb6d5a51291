"""What the program asks before it goes on, and what the answers do."""

from __future__ import annotations

import base64

import pytest

from vpn.config.options import Connection, LinkOptions, ManagementOptions, Options, Proto
from vpn.events import Challenge, CredentialsWanted, OpenLink, Restarting
from vpn.system.management.commands import Command, CommandError
from vpn.system.management.questions import Questions

OPEN = OpenLink(Connection("vpn.example", 1194, Proto.UDP))
STREAM = OpenLink(Connection("other.example", 443, Proto.TCP_CLIENT))
COMMON = Options(link=LinkOptions(connections=(OPEN.connection, STREAM.connection)))


class Client:
    """Notes what it is told; its remotes are its own."""

    def __init__(self):
        self.remotes = self
        self.credentials = None
        self.starts = self.skipped = 0

    def skip(self, count):
        self.skipped += count

    def start(self, now):
        self.starts += 1

    def set_credentials(self, *words):
        self.credentials = words


class Asked:
    """Questions with everything around them."""

    def __init__(self, **options):
        self.said = []
        self.proceeded = []
        self.client = Client()
        self.questions = Questions(ManagementOptions(**options), self.said.extend)
        self.questions.attach(self.client, COMMON, self.proceeded.append)

    def answer(self, *words):
        return self.questions.commands[words[0]](Command(words[0], words[1:]))


def test_nothing_is_asked_by_default():
    assert not Asked().questions.keep(OPEN)


def test_a_hold_keeps_the_event_until_it_is_released():
    asked = Asked(hold=True)
    assert asked.said == asked.questions.open == [">HOLD:Waiting for hold release:0"]
    assert asked.answer("hold") == ["SUCCESS: hold=1"]
    assert asked.questions.keep(OPEN)
    assert not asked.questions.keep(Restarting("x", 1))
    asked.answer("hold", "release")
    assert asked.said[-1] == "SUCCESS: hold release succeeded"
    assert asked.proceeded == [OPEN]
    assert asked.questions.open == []


def test_a_hold_may_be_released_before_the_pause_is_over():
    asked = Asked(hold=True)
    asked.answer("hold", "release")
    assert not asked.questions.keep(OPEN)
    asked.questions.begin_hold(2.0)
    assert asked.said[-1] == ">HOLD:Waiting for hold release:2"
    assert asked.questions.keep(OPEN)


def test_the_hold_flag_is_for_the_next_time():
    asked = Asked()
    assert asked.answer("hold", "on") == ["SUCCESS: hold flag set to ON"]
    assert not asked.questions.keep(OPEN)
    asked.questions.begin_hold(0)
    assert asked.questions.keep(OPEN)
    assert asked.answer("hold", "off") == ["SUCCESS: hold flag set to OFF"]
    with pytest.raises(CommandError, match="bad hold command parameter"):
        asked.answer("hold", "tight")


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("challenge", "password", "given"),
    [
        (None, "word", ("joe", "word", "")),
        (Challenge("PIN", True), f"SCRV1:{encoded('word')}:{encoded('42')}", ("joe", "word", "42")),
        (Challenge("PIN", True), "SCRV1:no base64:x", ("joe", "SCRV1:no base64:x", "")),
        (Challenge("PIN", True, True, "st", "joe"), "CRV1::st::42", ("joe", "", "42")),
    ],
)
def test_user_name_and_password(challenge, password, given):
    asked = Asked(query_passwords=True)
    assert asked.questions.keep(CredentialsWanted("", challenge))
    static = " SC:1,PIN" if challenge and not challenge.state else ""
    assert asked.said == [f">PASSWORD:Need 'Auth' username/password{static}"]
    asked.answer("username", "Auth", "joe")
    assert asked.client.credentials is None
    asked.answer("password", "Auth", password)
    assert asked.client.credentials == given
    assert asked.said[1:] == [
        "SUCCESS: 'Auth' username entered, but not yet verified",
        "SUCCESS: 'Auth' password entered, but not yet verified",
    ]


def test_what_is_not_asked_is_not_taken():
    asked = Asked(query_passwords=True)
    for command in ("username", "password"):
        with pytest.raises(CommandError, match=f"no {command} is currently needed at this time"):
            asked.answer(command, "Auth", "x")
    asked.questions.keep(CredentialsWanted("", None))
    with pytest.raises(CommandError, match="we need one of type 'Auth'"):
        asked.answer("password", "Private Key", "x")
    for command in ("needok", "needstr"):
        with pytest.raises(CommandError, match="is currently needed at this time"):
            asked.answer(command, "a", "b")


@pytest.mark.shows("management-query-remote")
@pytest.mark.parametrize(
    ("words", "connection"),
    [
        (("ACCEPT",), OPEN.connection),
        (("MOD", "other.example", "443"), Connection("other.example", 443, Proto.UDP)),
    ],
)
def test_a_remote_is_accepted_or_changed(words, connection):
    asked = Asked(query_remote=True)
    assert asked.questions.keep(OPEN)
    assert asked.said == [">REMOTE:vpn.example,1194,udp"]
    asked.answer("remote", *words)
    assert asked.said[-1] == "SUCCESS: remote command succeeded"
    assert [event.connection for event in asked.proceeded] == [connection]


@pytest.mark.parametrize(("words", "count"), [((), 1), (("3",), 3)])
def test_a_remote_is_passed_over(words, count):
    asked = Asked(query_remote=True)
    asked.questions.keep(OPEN)
    asked.answer("remote", "SKIP", *words)
    assert (asked.client.skipped, asked.client.starts) == (count, 1)


@pytest.mark.parametrize("words", [("MOD", "x"), ("MOD", "x", "0"), ("MAYBE",)])
def test_another_answer_is_an_error_and_the_question_stays(words):
    asked = Asked(query_remote=True)
    asked.questions.keep(OPEN)
    with pytest.raises(CommandError, match="remote command failed"):
        asked.answer("remote", *words)
    assert asked.questions.open


def asked_for_proxy(event, *words, **options):
    asked = Asked(query_proxy=True, **options)
    assert asked.questions.keep(event)
    asked.answer("proxy", *words)
    return asked


@pytest.mark.shows("management-query-proxy")
@pytest.mark.parametrize(
    ("words", "http", "socks"),
    [
        (("HTTP", "proxy.example", "8080"), "proxy.example", None),
        (("HTTP", "proxy.example", "8080", "nct"), "proxy.example", None),
        (("SOCKS", "proxy.example", "1080"), None, "proxy.example"),
    ],
)
def test_a_proxy_is_named(words, http, socks):
    asked = asked_for_proxy(STREAM, *words)
    assert asked.said == [">PROXY:2,TCP,other.example", "SUCCESS: proxy command succeeded"]
    assert asked.questions.open == []
    (event,) = asked.proceeded
    link = event.connection.options.link
    assert event.connection[:3] == STREAM.connection[:3]
    assert (link.http_proxy and link.http_proxy.host) == http
    assert (link.socks_proxy and link.socks_proxy.host) == socks


def test_no_proxy_is_an_answer_too():
    assert asked_for_proxy(OPEN, "NONE").proceeded == [OPEN]


@pytest.mark.parametrize(
    "words", [("HTTP", "proxy.example", "8080"), ("SOCKS", "proxy.example"), ("SOCKS", "a/b", "1")]
)
def test_a_proxy_that_can_not_be_used_is_an_error_and_the_question_stays(words):
    with pytest.raises(CommandError, match="proxy command failed"):
        asked_for_proxy(OPEN, *words)


def test_the_proxy_is_asked_for_after_the_remote():
    asked = Asked(query_proxy=True, query_remote=True)
    asked.questions.keep(OPEN)
    asked.answer("remote", "ACCEPT")
    assert asked.said[-1] == ">PROXY:1,UDP,vpn.example"
    assert asked.proceeded == []
    asked.answer("proxy", "NONE")
    assert asked.proceeded == [OPEN]
