"""The whole interface over a real socket, with a daemon that notes what it is told."""

from __future__ import annotations

import logging
import os
import select
import socket
from types import SimpleNamespace

import pytest

from vpn.config.management_options import ManagementAddress
from vpn.config.options import (
    ClientOptions,
    Connection,
    LinkOptions,
    LogOptions,
    ManagementOptions,
    Options,
    Proto,
    ServerOptions,
    TunOptions,
)
from vpn.config.values import Secret
from vpn.errors import SystemFailure
from vpn.events import (
    Address,
    AuthFailed,
    AuthPending,
    Exiting,
    OpenLink,
    Restarting,
    ServerInfo,
    TunnelUp,
)
from vpn.system import logfile
from vpn.system.management.service import Management
from vpn.system.up_down import UpDown
from vpn.tunnel.credentials import Credentials
from vpn.tunnel.status import PeerStatus, Status

REMOTE = Connection("192.0.2.1", 1194, Proto.UDP)
GREETING = ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info"
PEER = PeerStatus(Address("192.0.2.2", 4711), "cn", "10.8.0.2", 11, 22, 0.0, "AES-256-GCM", 3)


class Daemon:
    """One run of a program."""

    def __init__(self, options):
        self.options = options
        self.core = SimpleNamespace(peer=None, credentials=Credentials(options.client))
        if options.server.mode_server:
            entry = SimpleNamespace(
                name="cn", admitted=True, client_id=3, peer=SimpleNamespace(address=PEER.address)
            )
            self.core = SimpleNamespace(clients=[entry], dismiss=self.dismiss)
        self.told = []

    def act(self, event, now):
        self.told.append(event)

    def throw(self, name, reason=""):
        self.told.append((name, reason))

    def dismiss(self, entry, now, message=""):
        self.told.append((entry.client_id, message))

    def status(self):
        return Status([PEER], 1, 2, 3, 4)

    def status_lines(self, version):
        return [f"status {version}", "END"]


class Session:
    """A management with one client of its own."""

    def __init__(self, path, options):
        self.management = Management(options, logfile.start(LogOptions(verb=3), daemon=None))
        self.daemon = Daemon(options)
        self.management.attach(self.daemon)
        self.path = path
        self.client = None

    def connect(self):
        if self.client is not None:
            self.client.close()
        self.client = socket.socket(socket.AF_UNIX)
        self.client.settimeout(5)
        self.client.connect(self.path)
        return self.read()

    def read(self):
        """Let the interface work until it has nothing more to do; what it said."""
        while select.select([self.management], [], [], 0)[0]:
            self.management.ready()
        self.client.setblocking(False)
        text = b""
        try:
            while chunk := self.client.recv(65536):
                text += chunk
            text += b"<end>\r\n"
        except BlockingIOError:
            pass
        return text.decode().split("\r\n")[:-1]

    def ask(self, line):
        self.client.send(f"{line}\n".encode())
        return self.read()


@pytest.fixture
def session(tmp_path):
    """Begin with session(field=value ...): the fields are those of ManagementOptions."""
    root = logging.getLogger("vpn")
    before = root.handlers[:], root.propagate, root.level
    made = []

    def begin(*, password=None, is_server=False, **fields):
        path = str(tmp_path / "socket")
        address = ManagementAddress(path, None, password)
        options = Options(
            link=LinkOptions(connections=(REMOTE,)),
            tun=TunOptions(ifconfig=("10.8.0.2", "255.255.255.0")),
            server=ServerOptions(mode_server=is_server),
            management=ManagementOptions(address=address, **fields),
        )
        made.append(Session(path, options))
        return made[-1]

    yield begin
    for each in made:
        each.management.close()
        if each.client is not None:
            each.client.close()
    root.handlers[:], root.propagate = before[0], before[1]
    root.setLevel(before[2])


def test_a_client_is_greeted_and_let_go(session):
    talk = session()
    assert talk.connect() == [GREETING]
    assert talk.ask("pid") == [f"SUCCESS: pid={os.getpid()}"]
    assert talk.ask("quit") == ["<end>"]
    assert talk.connect() == [GREETING]


def test_a_password_comes_first(session, tmp_path):
    (tmp_path / "password").write_text("sesame\n")
    talk = session(password=str(tmp_path / "password"))
    talk.connect()
    talk.ask("wrong")
    assert talk.ask("sesame") == ["SUCCESS: password is correct", GREETING]
    assert talk.ask("hold") == ["SUCCESS: hold=0"]


def test_three_wrong_passwords_are_enough(session, tmp_path):
    (tmp_path / "password").write_text("sesame\n")
    talk = session(password=str(tmp_path / "password"))
    talk.connect()
    assert talk.ask("a\nb\nc\nsesame")[-1].endswith("<end>")


@pytest.mark.shows("management-client-user", "management-client-group")
@pytest.mark.parametrize("fields", [{"user": "nobody"}, {"group": "nogroup"}])
def test_a_path_may_be_for_one_user_or_group(session, fields):
    assert session(**fields).connect() == ["<end>"]


def test_a_path_for_ourselves_is_for_us(session):
    assert session(user="root", group="root").connect() == [GREETING]


def test_a_place_that_cannot_be_had_is_said(session, tmp_path):
    (tmp_path / "socket").mkdir()
    with pytest.raises(SystemFailure, match="MANAGEMENT: Socket bind failed on local address"):
        session()


ANSWERS = {
    "status 2": ["status 2", "END"],
    "status 9": ["ERROR: bad status format version number"],
    "load-stats": ["SUCCESS: nclients=0,bytesin=3,bytesout=4"],
    "version 3": [],
    "verb": ["SUCCESS: verb=3"],
    "verb 16": ["ERROR: verb level is out of range"],
    "mute 4": ["SUCCESS: mute level changed"],
    "auth-retry": ["SUCCESS: auth-retry=none"],
    "auth-retry interact": ["SUCCESS: auth-retry parameter changed"],
    "auth-retry x": ["ERROR: bad auth-retry parameter"],
    "forget-passwords": ["SUCCESS: Passwords were forgotten"],
    "env-filter 2": ["SUCCESS: env_filter_level=2"],
    "signal SIGKILL": ["ERROR: signal 'SIGKILL' is not a known signal type"],
    "remote-entry-count": ["1", "END"],
    "remote-entry-get 0": ["0,192.0.2.1,1194,udp,enabled", "END"],
    "remote-entry-get all": ["0,192.0.2.1,1194,udp,enabled", "END"],
    "net": ["ERROR: Sorry, this command is currently only implemented on Windows"],
    "pk-sig\nx\nEND": ["ERROR: The pk-sig command is not currently available"],
    "cr-response x": ["ERROR: command failed"],
    "kill x": ["ERROR: The 'kill' command is not supported by the current daemon mode"],
    "nonsense": ["ERROR: unknown command [nonsense], enter 'help' for more options"],
    "pkcs11-id-count": [">PKCS11ID-COUNT:0"],
}


@pytest.mark.parametrize(("line", "answer"), ANSWERS.items())
def test_answers_of_a_client(session, line, answer):
    talk = session()
    talk.connect()
    assert talk.ask(line) == answer


SERVER_ANSWERS = {
    "load-stats": (["SUCCESS: nclients=1,bytesin=3,bytesout=4"], []),
    "kill cn": (["SUCCESS: common name 'cn' found, 1 client(s) killed"], [(3, "")]),
    "kill you": (["ERROR: common name 'you' not found"], []),
    "kill 192.0.2.2:4711": (
        ["SUCCESS: 1 client(s) at address 192.0.2.2:4711 killed"], [(3, "")],
    ),
    "kill udp:192.0.2.2:4711": (
        ["SUCCESS: 1 client(s) at address udp:192.0.2.2:4711 killed"], [(3, "")],
    ),
    "kill 192.0.2.2:1": (["ERROR: client at address 192.0.2.2:1 not found"], []),
    "kill 192.0.2.2:99999": (["ERROR: port number is out of range: 99999"], []),
    "client-kill 3": (["SUCCESS: client-kill command succeeded"], [(3, "RESTART")]),
    "client-kill 3 HALT": (["SUCCESS: client-kill command succeeded"], [(3, "HALT")]),
    "client-kill 4": (["ERROR: client-kill command failed"], []),
    "client-kill x": (["ERROR: cannot parse CID"], []),
    "signal SIGUSR1": (["SUCCESS: signal SIGUSR1 thrown"], [("SIGUSR1", "")]),
    "remote ACCEPT": (
        ["ERROR: The 'remote' command is not supported by the current daemon mode"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("line", SERVER_ANSWERS)
def test_answers_of_a_server(session, line):
    talk = session(is_server=True)
    talk.connect()
    assert (talk.ask(line), talk.daemon.told) == SERVER_ANSWERS[line]


def test_the_states_of_a_life(session):
    talk = session()
    talk.connect()
    talk.ask("state on")
    events = [
        TunnelUp(talk.daemon.options), Restarting("ping-restart", 2.0), AuthPending(30),
        AuthFailed("no"), ServerInfo("OPEN_URL:https://login.example"), Exiting("", 0, "SIGTERM"),
    ]  # fmt: skip
    for event in events[:1]:
        talk.management.note(event)
    talk.management.connected(talk.daemon.options, Address("192.0.2.1", 1194), is_clean=True)
    for event in events[1:]:
        talk.management.note(event)
    lines = talk.read()
    stamped = [line.partition(",")[2] if line.startswith(">STATE:") else line for line in lines]
    assert stamped == [
        "ASSIGN_IP,,10.8.0.2,,,,",
        "CONNECTED,SUCCESS,10.8.0.2,192.0.2.1,1194,,",
        "RECONNECTING,ping-restart,,,,,",
        "AUTH_PENDING,timeout 30,,,,,",
        ">PASSWORD:Verification Failed: 'Auth' ['no']",
        ">INFOMSG:OPEN_URL:https://login.example",
        "EXITING,SIGTERM,,,,,",
    ]
    assert talk.ask("state")[0].endswith(",EXITING,SIGTERM,,,,,")


@pytest.mark.shows("management-log-cache")
def test_the_log_is_shown_and_remembered(session):
    talk = session(log_cache=2)
    talk.connect()
    logging.getLogger("vpn.link").warning("one")
    assert talk.ask("log on 2")[1].endswith(",W,one")
    logging.getLogger("vpn.link").info("two")
    assert talk.read()[0].endswith(",,two")
    assert len(talk.ask("log all")) == 1 + 2 + 1  # this command's own line, two, END


def test_passwords_are_not_in_the_log(session):
    talk = session()
    talk.connect()
    talk.ask('password "Auth" sesame')
    assert not any("sesame" in line for line in talk.ask("log all"))


@pytest.mark.parametrize(
    ("is_server", "line"), [(False, ">BYTECOUNT:3,4"), (True, ">BYTECOUNT_CLI:3,11,22")]
)
def test_bytes_are_counted_in_intervals(session, is_server, line):
    talk = session(is_server=is_server)
    talk.connect()
    talk.ask("bytecount 2")
    talk.management.settle(10.0)
    assert talk.management.deadline == 12.0
    talk.management.handle_deadline(12.0)
    assert talk.read() == [line]
    talk.ask("bytecount 0")
    talk.management.settle(13.0)
    assert talk.management.deadline is None


def test_a_client_that_comes_later_is_asked_too(session):
    talk = session(hold=True)
    assert talk.management.keep(OpenLink(REMOTE))
    assert talk.connect() == [GREETING, ">HOLD:Waiting for hold release:0"]
    talk.ask("hold release")
    assert talk.daemon.told == [OpenLink(REMOTE)]


@pytest.mark.shows("management-signal")
@pytest.mark.parametrize(
    ("fields", "told"),
    [({}, []), ({"signal": True}, [("SIGUSR1", "management-disconnect")])],
)
def test_what_the_end_of_a_session_means(session, fields, told):
    talk = session(**fields)
    talk.connect()
    talk.client.close()
    while select.select([talk.management], [], [], 0)[0]:
        talk.management.ready()
    assert talk.daemon.told == told
    talk.client = None


@pytest.mark.shows("management-forget-disconnect")
@pytest.mark.parametrize("forgets", [True, False])
def test_passwords_may_go_with_the_session(session, forgets):
    talk = session(forget_disconnect=forgets)
    talk.connect()
    known = talk.daemon.core.credentials = Credentials(
        ClientOptions(auth_user_pass=Secret(b"joe\nword"))
    )
    talk.client.close()
    while select.select([talk.management], [], [], 0)[0]:
        talk.management.ready()
    assert known.is_missing is forgets
    talk.client = None


@pytest.mark.shows("management-client")
def test_it_may_connect_out(session, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen(1)
        talk = session(connects_out=True)
        talk.client, _ = listener.accept()
    assert talk.read() == [GREETING]
    assert talk.ask("quit") == ["<end>"]
    assert talk.daemon.told == [("SIGTERM", "management-exit")]


def test_last_words(session):
    talk = session()
    talk.connect()
    talk.management.fatal("no\ndevice")
    assert talk.read() == [">FATAL:no_device"]


@pytest.mark.shows("management-up-down")
def test_the_tun_comes_and_goes(session):
    talk = session(up_down=True)
    talk.connect()
    tun = UpDown(talk.daemon.options, None, talk.management.up_down)
    tun.up("tun7")
    tun.down("tun7")
    lines = talk.read()
    assert lines[0] == ">UPDOWN:UP"
    assert ">UPDOWN:ENV,dev=tun7" in lines
    assert ">UPDOWN:DOWN" in lines
    assert lines[-1] == ">UPDOWN:ENV,END"
