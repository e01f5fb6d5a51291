"""What is asked on the terminal, and what is said where there is none."""

from __future__ import annotations

import pytest

from vpn.config.options import ClientOptions, LinkOptions, Options
from vpn.config.values import Connection, HttpProxy, Proto, Secret, SocksProxy, StaticChallenge
from vpn.errors import ConfigError
from vpn.events import Challenge
from vpn.system import prompt


class Terminal:
    """Answers in turn, and what was asked; what is not shown is marked."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def isatty(self) -> bool:
        return True

    def input(self, question: str) -> str:
        self.asked.append(question)
        return self._answers.pop(0)

    def getpass(self, question: str) -> str:
        return self.input(f"*{question}")


@pytest.fixture
def terminal(monkeypatch):
    def sits_there(*answers: str) -> Terminal:
        it = Terminal(*answers)
        monkeypatch.setattr("sys.stdin", it)
        monkeypatch.setattr("builtins.input", it.input)
        monkeypatch.setattr(prompt, "getpass", it.getpass)
        return it

    return sits_there


def options(given: bytes | None, question: StaticChallenge | None = None) -> Options:
    secret = None if given is None else Secret(given)
    return Options(client=ClientOptions(auth_user_pass=secret, static_challenge=question))


@pytest.mark.parametrize("given", [None, b"user\nword\n"])
def test_nothing_is_asked_when_all_is_there(given, terminal):
    asked = terminal()
    assert prompt.complete(options(given)) == options(given)
    assert asked.asked == []


def test_user_name_and_password_are_asked_for(terminal):
    asked = terminal("user", "word")
    done = prompt.complete(options(b""))
    assert bytes(done.client.auth_user_pass) == b"user\nword\n"
    assert asked.asked == ["Enter Auth Username: ", "*Enter Auth Password: "]


def test_the_static_challenge_is_asked_last(terminal):
    asked = terminal("word", "12")
    done = prompt.complete(options(b"user\n", StaticChallenge("PIN", False)))
    assert bytes(done.client.auth_user_pass) == b"user\nword\n12"
    assert asked.asked == ["*Enter Auth Password: ", "*PIN: "]


def test_nothing_is_kept_that_can_be_asked_for_each_time(terminal, tmp_path):
    file = tmp_path / "login"
    file.write_text("user\nword\n")
    for given, path in ((b"user\nword\n", str(file)), (b"", "")):
        client = ClientOptions(
            auth_user_pass=Secret(given), auth_user_pass_file=path, auth_nocache=True
        )
        terminal()
        assert bytes(prompt.complete(Options(client=client)).client.auth_user_pass) == b""
    assert prompt.read_again(str(file)) == ("user", "word")
    assert prompt.read_again(str(tmp_path / "none")) == ("", "")


@pytest.mark.parametrize(
    ("given", "question", "missing"),
    [
        (b"", None, "no user name and no password"),
        (b"user\n", None, "no password"),
        (b"user\nword\n", StaticChallenge("PIN", True), "no answer to the static-challenge"),
    ],
)
def test_without_a_terminal_it_is_one_line(given, question, missing, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ConfigError, match=f"^auth-user-pass: {missing}, and no terminal to ask on"):
        prompt.complete(options(given, question))


def test_asked_again_an_empty_user_name_means_the_same(terminal):
    asked = terminal("", "other")
    assert prompt.again("user", None) == ("user", "other", "")
    assert asked.asked == ["Enter Auth Username [user]: ", "*Enter Auth Password: "]
    asked = terminal("else", "other", "12")
    assert prompt.again("user", Challenge("PIN", True)) == ("else", "other", "12")
    assert asked.asked[-1] == "PIN: "


def test_a_dynamic_challenge_wants_its_answer_only(terminal, capsys):
    asked = terminal("42")
    assert prompt.again("user", Challenge("Code?", False, True, "state")) == ("user", "", "42")
    assert asked.asked == ["*Response: "]
    assert capsys.readouterr().out == "CHALLENGE: Code?\n"
    assert prompt.again("user", Challenge("Go on", False, False, "state")) == ("user", "", "")


HTTP = LinkOptions(http_proxy=HttpProxy("p", 1), http_proxy_user_pass=Secret(b""))
SOCKS = LinkOptions(socks_proxy=SocksProxy("p", 1, Secret(b"")))


def test_the_password_of_a_proxy_is_asked_for(terminal):
    asked = terminal("me", "secret", "you", "hidden")
    http = prompt.complete(Options(link=HTTP)).link
    socks = prompt.complete(Options(link=SOCKS)).link
    assert bytes(http.http_proxy_user_pass) == b"me\nsecret"
    assert bytes(socks.socks_proxy.user_pass) == b"you\nhidden"
    assert asked.asked == [
        "Enter HTTP Proxy Username: ",
        "*Enter HTTP Proxy Password: ",
        "Enter SOCKS Proxy Username: ",
        "*Enter SOCKS Proxy Password: ",
    ]


def test_the_password_of_a_proxy_in_blocks_is_asked_for_once(terminal):
    terminal("me", "secret")
    ways = tuple(Connection("h", 1, Proto.TCP_CLIENT, Options(link=HTTP)) for _ in range(2))
    link = prompt.complete(Options(link=LinkOptions(connections=ways))).link
    passwords = [bytes(way.options.link.http_proxy_user_pass) for way in link.connections]
    assert passwords == [b"me\nsecret"] * 2


def test_without_a_terminal_a_proxy_has_no_password(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ConfigError, match="HTTP Proxy: no terminal"):
        prompt.complete(Options(link=HTTP))
