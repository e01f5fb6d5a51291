"""A server's clients at the management interface: who may come in."""

from __future__ import annotations

import pytest

from vpn.events import Address, AdmissionWanted, ClientResponded, Decision, PeerJoined, PeerLeft
from vpn.system.management.clients import Clients
from vpn.system.management.commands import Command, CommandError

ENV = {"common_name": "cn"}
AGAIN = AdmissionWanted("auth", 5, 1, "cn", "joe", "word", ENV, is_renegotiation=True)
WANTED = AdmissionWanted("auth", 5, 0, "cn", "joe", "word", ENV)
TOLD = [">CLIENT:ENV,common_name=cn", ">CLIENT:ENV,END"]
USER = [">CLIENT:ENV,common_name=cn", ">CLIENT:ENV,username=joe", ">CLIENT:ENV,password=word"]
ADDRESS = Address("192.0.2.2", 4711)


class Server:
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def decide(self, client_id, decision, now):
        self.told.append((client_id, decision))

    def push_update(self, text, client_id):
        self.told.append((text, client_id))
        return int(client_id in (None, 5))

    def ask_patience(self, client_id, seconds, text, now):
        self.told.append((client_id, seconds, text))


class Desk:
    """The commands with their server."""

    def __init__(self, *, asks=True):
        self.said = []
        self.clients = Clients(self.said.extend, asks=asks)
        self.server = self.clients.server = Server()

    def do(self, name, *args, block=()):
        return self.clients.commands[name](Command(name, args, block))


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (WANTED, [">CLIENT:CONNECT,5,0", *USER, ">CLIENT:ENV,END"]),
        (AGAIN, [">CLIENT:REAUTH,5,1", *USER, ">CLIENT:ENV,END"]),
        (
            PeerJoined(ADDRESS, "cn", "10.8.0.2", 5, ENV),
            [">CLIENT:ESTABLISHED,5", *TOLD, ">CLIENT:ADDRESS,5,10.8.0.2,1"],
        ),
        (PeerLeft(ADDRESS, "cn", "ping-restart", 5, ENV), [">CLIENT:DISCONNECT,5", *TOLD]),
        (ClientResponded(5, 0, "aGk=", ENV), [">CLIENT:CR_RESPONSE,5,0,aGk=", *TOLD]),
    ],
)
def test_what_is_told_of_a_client(event, lines):
    desk = Desk()
    desk.clients.note(event)
    assert desk.said == lines


def test_without_the_directive_nothing_is_told():
    desk = Desk(asks=False)
    desk.clients.note(WANTED)
    assert desk.said == []


@pytest.mark.parametrize(
    ("name", "args", "block", "told"),
    [
        ("client-auth-nt", (), (), (5, Decision(True))),
        ("client-auth", (), ("push x", ""), (5, Decision(True, directives=("push x",)))),
        ("client-deny", ("no reason",), (), (5, Decision(False))),
        ("client-deny", ("no reason", "go\naway"), (), (5, Decision(False, "go_away"))),
        ("client-pending-auth", ("CR_TEXT:R:PIN", "30"), (), (5, 30, "CR_TEXT:R:PIN")),
    ],
)
def test_answers(name, args, block, told):
    desk = Desk()
    desk.clients.note(WANTED)
    shown = name.removesuffix("-nt")
    assert desk.do(name, "5", "0", *args, block=block) == [f"SUCCESS: {shown} command succeeded"]
    assert desk.server.told == [told]


@pytest.mark.parametrize("key", [("5", "1"), ("4", "0")])
def test_an_answer_for_nobody_is_an_error(key):
    desk = Desk()
    desk.clients.note(WANTED)
    with pytest.raises(CommandError, match="client-auth command failed"):
        desk.do("client-auth-nt", *key)
    assert desk.server.told == []


def test_each_question_is_answered_once():
    desk = Desk()
    desk.clients.note(WANTED)
    desk.do("client-auth-nt", "5", "0")
    with pytest.raises(CommandError, match="client-deny command failed"):
        desk.do("client-deny", "5", "0", "late")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("push-update-broad", "ping 3, -dns"), ("ping 3, -dns", None)),
        (("push-update-cid", "5", "-dns"), ("-dns", 5)),
    ],
)
def test_new_options_for_all_or_for_one(command, told):
    desk = Desk()
    assert desk.do(*command) == ["SUCCESS: push-update command succeeded"]
    assert desk.server.told == [told]


def test_new_options_that_nobody_takes_are_an_error():
    with pytest.raises(CommandError, match="push-update command failed"):
        Desk().do("push-update-cid", "99", "-dns")
