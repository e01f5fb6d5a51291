"""The gate: scripts and files that say who may come in."""

from __future__ import annotations

import pytest

from vpn.config.access_options import AccessOptions, Verifier
from vpn.config.options import Options
from vpn.config.script_options import ScriptOptions
from vpn.events import Address, AdmissionWanted, ClientResponded, Decision, PeerLeft
from vpn.system.device import Device
from vpn.system.gate import POLL, Gate


class Server:
    """What the gate answers to."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.patience: list[tuple[int, str]] = []

    def decide(self, client_id: int, decision: Decision, now: float) -> None:
        assert client_id == 7
        self.decisions.append(decision)

    def ask_patience(self, client_id: int, seconds: int, text: str, now: float) -> None:
        self.patience.append((seconds, text))


@pytest.fixture
def script(tmp_path):
    """Write a script; its name."""

    def write(body: str) -> str:
        path = tmp_path / "script"
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return write


def question(kind: str = "auth", name: str = "Test-Client") -> AdmissionWanted:
    return AdmissionWanted(kind, 7, 0, name, "alice", "secret", {"common_name": name})


@pytest.fixture
def asked(tmp_path):
    """Ask a gate with these access options; it and the server."""

    def ask(wanted: AdmissionWanted, security: int = 2, **access: object):
        server = Server()
        options = Options(
            access=AccessOptions(tmp_dir=str(tmp_path), **access),
            scripts=ScriptOptions(security=security),
        )
        gate = Gate(options, server, Device())
        gate.handle(wanted, 100.0)
        return gate, server

    return ask


@pytest.mark.parametrize(("password", "allowed"), [("secret", True), ("other", False)])
def test_password_in_the_environment(script, asked, password, allowed):
    name = script(f'[ "$username:$password" = "alice:{password}" ]')
    _, server = asked(question(), 3, user_pass_verify=Verifier((name,), by_file=False))
    assert server.decisions == [Decision(allowed)]


@pytest.mark.shows("script-security")
def test_password_stays_out_of_the_environment_below_security_3(script, asked):
    name = script('[ -z "$password" ]')
    _, server = asked(question(), 2, user_pass_verify=Verifier((name,), by_file=False))
    assert server.decisions == [Decision(True)]


def test_password_in_a_file_that_is_removed(script, asked, tmp_path):
    name = script('[ "$2" = "" ] && [ "$(cat $1)" = "alice\nsecret" ]')
    _, server = asked(question(), user_pass_verify=Verifier((name,), by_file=True))
    assert server.decisions == [Decision(True)]
    assert [path.name for path in tmp_path.iterdir()] == ["script"]


def test_no_script_without_script_security(script, asked):
    _, server = asked(question(), 1, user_pass_verify=Verifier((script("true"),), by_file=False))
    assert server.decisions == [Decision(False)]


def test_reason_of_a_refusal(script, asked):
    name = script('echo "come later" > "$auth_failed_reason_file"; exit 1')
    _, server = asked(question(), user_pass_verify=Verifier((name,), by_file=False))
    assert server.decisions == [Decision(False, "come later")]


@pytest.mark.shows("tmp-dir")
@pytest.mark.parametrize(("late", "allowed"), [("1", True), ("0", False)])
def test_answer_that_comes_later(script, asked, tmp_path, late, allowed):
    name = script(
        f'echo "$auth_control_file" > {tmp_path}/where\n'
        'printf "99\\nopenurl\\nOPEN_URL:https://login.example\\n" > "$auth_pending_file"; exit 2'
    )
    gate, server = asked(question(), user_pass_verify=Verifier((name,), by_file=False))
    gate.handle_deadline(100 + POLL)
    assert server.patience == [(99, "OPEN_URL:https://login.example")]
    assert server.decisions == []
    control = (tmp_path / "where").read_text(encoding="utf-8").strip()
    with open(control, "w", encoding="utf-8") as file:
        file.write(late)
    gate.handle_deadline(101)
    assert server.decisions == [Decision(allowed)]
    assert gate.deadline is None


@pytest.mark.shows("client-crresponse")
def test_answer_to_a_challenge(script, asked):
    name = script('[ "$script_type" = user-pass-verify ] && exit 2; cp "$1" "$auth_control_file"')
    gate, server = asked(
        question(), user_pass_verify=Verifier((name,), by_file=False), client_crresponse=(name,)
    )
    gate.handle(ClientResponded(7, 0, "1", {}), 100)
    gate.handle_deadline(101)
    assert server.decisions == [Decision(True)]
    gate.handle(ClientResponded(7, 0, "1", {}), 102)  # nobody waits for it any more


def test_answer_that_never_comes(script, asked):
    gate, server = asked(question(), user_pass_verify=Verifier((script("exit 2"),), by_file=False))
    gate.handle_deadline(159)
    assert server.decisions == []
    gate.handle_deadline(161)
    assert server.decisions == [Decision(False)]


def test_own_file_then_client_connect(script, asked, tmp_path):
    (tmp_path / "Test-Client").write_text("iroute 10.1.0.0 255.255.0.0\n", encoding="utf-8")
    name = script('[ "$common_name" = Test-Client ] && echo \'push "ping 3"\' > "$1"')
    _, server = asked(question("config"), client_config_dir=str(tmp_path), client_connect=(name,))
    lines = ("iroute 10.1.0.0 255.255.0.0", 'push "ping 3"')
    assert server.decisions == [Decision(True, directives=lines)]


def test_client_connect_that_fails(script, asked):
    _, server = asked(question("config"), client_connect=(script("exit 1"),))
    assert server.decisions == [Decision(False)]


def test_client_connect_that_answers_later(script, asked, tmp_path):
    name = script(f'echo 2 > "$client_connect_deferred_file"; env | grep client_c > {tmp_path}/e')
    gate, server = asked(question("config"), client_connect=(name,))
    gate.handle_deadline(101)
    assert server.decisions == []
    lines = (tmp_path / "e").read_text(encoding="utf-8").split()
    files = dict(line.split("=", 1) for line in lines)
    for kind, text in (("config", "iroute 10.2.0.1\n"), ("deferred", "1")):
        with open(files[f"client_connect_{kind}_file"], "w", encoding="utf-8") as file:
            file.write(text)
    gate.handle_deadline(102)
    assert server.decisions == [Decision(True, directives=("iroute 10.2.0.1",))]


@pytest.mark.parametrize(("name", "allowed"), [("known", True), ("unknown", False)])
def test_only_those_with_a_file_of_their_own(asked, tmp_path, name, allowed):
    (tmp_path / "known").write_text("", encoding="utf-8")
    _, server = asked(question("config", name), client_config_dir=str(tmp_path), ccd_exclusive=True)
    assert [one.is_allowed for one in server.decisions] == [allowed]


def test_client_disconnect_is_told_the_figures(script, asked, tmp_path):
    name = script(f'echo "$script_type $bytes_sent" > {tmp_path}/told')
    left = PeerLeft(Address("192.0.2.1", 1), "x", "", 7, {"bytes_sent": "99"})
    asked(left, client_disconnect=(name,))
    assert (tmp_path / "told").read_text(encoding="utf-8") == "client-disconnect 99\n"
