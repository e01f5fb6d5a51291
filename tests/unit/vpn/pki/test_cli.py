"""`vpn-pki` from the first command to a profile that our own configuration reads."""

from __future__ import annotations

import stat

import pytest

from vpn.config.lexer import lex
from vpn.config.options import Connection, Proto
from vpn.config.parse import parse
from vpn.pki import cli
from vpn.pki.authority import Authority
from vpn.pki.profile import ClientProfile, export
from vpn.pki.store import PkiError


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in an empty directory: (exit code, what it printed, its errors)."""
    monkeypatch.chdir(tmp_path)

    def command(line: str) -> tuple[int, str, str]:
        code = cli.main(line.split())
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def test_the_first_steps_lead_to_a_profile(run, tmp_path):
    for line in ("init pki --name Mine", "server server", "client alice", "tls-crypt-key"):
        code, out, err = run(line)
        assert (code, err) == (0, "")
        assert "pki/" in out
    code, out, _ = run("export alice --remote vpn.example 1195 --proto tcp")
    options = parse(lex(out, "alice.ovpn"))
    assert options.link.connections == (Connection("vpn.example", 1195, Proto.TCP_CLIENT),)
    assert options.tls.remote_cert_tls == "server"
    assert options.tls.ca == (tmp_path / "pki/ca.crt").read_bytes()
    assert options.tls.key == (tmp_path / "pki/private/alice.key").read_bytes()
    assert options.tls.tls_crypt == (tmp_path / "pki/tls-crypt.key").read_bytes()
    assert options.warnings == ()


def test_a_profile_is_written_for_its_owner_only(run, tmp_path):
    run("init")
    run("client alice")
    assert run("export alice --remote vpn.example --out alice.ovpn")[0] == 0
    assert stat.S_IMODE((tmp_path / "alice.ovpn").stat().st_mode) == 0o600
    assert "remote vpn.example 1194\n" in (tmp_path / "alice.ovpn").read_text()


def test_a_ta_key_gets_the_clients_direction(run):
    run("init")
    run("client alice")
    assert run("ta-key")[1].startswith("pki/ta.key")
    options = parse(lex(run("export alice --remote vpn.example 1194")[1], "a"))
    assert options.tls.tls_auth is not None
    assert options.tls.key_direction == 1
    assert "tls-auth" not in run("export alice --remote vpn.example --wrap none")[1]


def test_expiry_is_printed(run):
    run("init --days 20")
    assert "valid until 20" in run("server server")[1]
    run("client bob")
    assert "crl.pem: valid until" in run("revoke bob")[1]
    listing = run("list")[1].splitlines()
    assert "days!)" in listing[0]
    assert listing[1].startswith("server ")
    assert "revoked" in listing[2]
    assert listing[3].startswith("crl.pem")
    assert run("crl --days 1")[0] == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("server server", "cannot read pki/ca.crt: No such file or directory"),
        ("export alice --remote h", "cannot read pki/ca.crt"),
        ("ta-key --dir missing", "cannot write missing/ta.key"),
    ],
)
def test_what_can_not_be_done_is_one_line(run, line, message):
    code, out, err = run(line)
    assert (code, out) == (1, "")
    assert err.startswith(f"vpn-pki: {message}")
    assert err.count("\n") == 1


def test_a_profile_needs_a_client_and_a_remote(run):
    run("init")
    run("server server")
    assert "a profile is for a client" in run("export server --remote h")[2]
    assert "nobody has no certificate" in run("export nobody --remote h")[2]
    assert "--remote takes HOST [PORT]" in run("export nobody --remote h 99999")[2]


def test_a_clients_own_control_key_is_in_its_profile(run, tmp_path):
    run("init")
    run("client alice")
    code, out, _ = run("tls-crypt-v2-key alice")
    assert (code, out.count("private; for")) == (0, 2)
    text = run("export alice --remote h")[1]
    assert "<tls-crypt-v2>\n-----BEGIN OpenVPN tls-crypt-v2 client key-----" in text
    assert parse(lex(text, "alice.ovpn")).tls.tls_crypt_v2 is not None
    assert run("tls-crypt-v2-key alice")[0] == 1


def test_a_profile_without_the_key_it_asks_for_is_an_error(tmp_path):
    authority = Authority.create(tmp_path / "pki")
    authority.issue("alice")
    with pytest.raises(PkiError, match=r"tls-crypt\.key"):
        export(authority, ClientProfile("alice", "h", wrap="tls-crypt"))


@pytest.mark.parametrize("line", ["", "init --days 0", "unheard-of"])
def test_a_wrong_command_line_ends_with_usage(run, line):
    with pytest.raises(SystemExit):
        run(line)
