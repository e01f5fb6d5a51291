"""Files, directories and the command line."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import CLIENT
from vpn.config.load import MAX_DEPTH, load
from vpn.errors import ConfigError


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A working directory with a client's configuration and its files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "client.ovpn").write_text(CLIENT)
    for name in ("ca.crt", "client.crt", "client.key"):
        (tmp_path / name).write_text(f"contents of {name}\n")
        (tmp_path / name).chmod(0o600)
    return tmp_path


@pytest.mark.parametrize(
    "arguments", [["client.ovpn"], ["--config", "client.ovpn"], ["client.ovpn", "--verb", "4"]]
)
def test_files_are_read(directory, arguments):
    options = load(arguments)
    assert options.tls.ca == b"contents of ca.crt\n"
    assert options.tls.key == b"contents of client.key\n"
    assert options.log.verb == (4 if "--verb" in arguments else 1)
    assert options.warnings == ()


def test_the_command_line_alone_is_enough(directory):
    words = "--client --remote vpn.example 1195 --ca ca.crt --cert client.crt --key client.key"
    options = load([*words.split(), "--remote-cert-tls", "server"])
    assert options.link.connections[0].port == 1195


def test_a_missing_file_names_the_line(directory):
    (directory / "ca.crt").unlink()
    with pytest.raises(ConfigError) as caught:
        load(["client.ovpn"])
    assert str(caught.value) == 'client.ovpn:4: ca: cannot read "ca.crt": No such file or directory'


def test_a_missing_configuration_is_named(directory):
    with pytest.raises(ConfigError, match=r'^command line: config: cannot read "a": No such file'):
        load(["a"])
    with pytest.raises(ConfigError, match=r'cannot read "\.": Is a directory'):
        load(["--config", "."])


@pytest.mark.shows("cd")
def test_a_file_beside_the_configuration_is_hinted_at(directory, monkeypatch):
    elsewhere = directory / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(ConfigError, match=r"No such file or directory \(it is in /.*: start"):
        load(["../client.ovpn"])
    assert load(["--cd", "..", "--config", "client.ovpn"]).process.cd == str(elsewhere / "..")


def test_a_directory_that_is_not_there_is_named(directory):
    with pytest.raises(ConfigError, match=r'^command line: cd: "x" is not a directory'):
        load(["--cd", "x"])


def test_configurations_nest_with_their_own_places(directory):
    (directory / "outer.conf").write_text("config client.ovpn\nverb 4\nconfig inner.conf\n")
    (directory / "inner.conf").write_text("# nothing yet\nverb x\n")
    with pytest.raises(ConfigError, match=r"^inner\.conf:2: verb: must be"):
        load(["outer.conf"])
    (directory / "inner.conf").write_text("mute 7\n")
    options = load(["outer.conf"])
    assert (options.log.verb, options.log.mute) == (4, 7)


def test_a_configuration_that_holds_itself_ends(directory):
    (directory / "loop.conf").write_text("config loop.conf\n")
    with pytest.raises(ConfigError, match=rf"nest deeper than {MAX_DEPTH}"):
        load(["loop.conf"])


def test_a_private_file_that_others_can_read_is_warned_about(directory):
    (directory / "client.key").chmod(0o644)
    assert load(["client.ovpn"]).warnings == (
        "WARNING: client.ovpn:6: key: file 'client.key' is group or others accessible",
    )


def test_binary_contents_stay_as_they_are(directory):
    (directory / "ca.crt").write_bytes(b"\xff\x00\r\n")
    assert load(["client.ovpn"]).tls.ca == b"\xff\x00\r\n"


def test_a_configuration_in_another_encoding_is_read(directory):
    (directory / "client.ovpn").write_bytes(b"# caf\xe9\n" + CLIENT.encode())
    assert load(["client.ovpn"]).client.pull


def test_no_file_is_read_for_none_or_inline(directory):
    (directory / "client.ovpn").write_text(CLIENT + "dh none\n")
    assert load(["client.ovpn"]).tls.dh is None


def test_a_password_comes_from_a_file(directory):
    (directory / "pass").write_text("user\nword\n")
    (directory / "pass").chmod(0o600)
    options = load(["client.ovpn", "--auth-user-pass", "pass"])
    assert options.client.auth_user_pass == b"user\nword\n"
    assert load(["client.ovpn", "--auth-user-pass"]).client.auth_user_pass == b""
    assert load(["client.ovpn"]).client.auth_user_pass is None


@pytest.mark.parametrize(
    ("line", "method", "password"),
    [
        ("http-proxy proxy.example 8080", "none", None),
        ("http-proxy proxy.example 8080 login.txt", "basic", b"me\nsecret\n"),
        ("http-proxy proxy.example 8080 login.txt none", "none", b"me\nsecret\n"),
        ("http-proxy proxy.example 8080 auto", "auto", None),
        ("http-proxy proxy.example 8080 stdin", "basic", b""),
        ("http-proxy proxy.example 8080\nhttp-proxy-user-pass login.txt", "none", b"me\nsecret\n"),
    ],
)
def test_an_http_proxy_may_name_a_file(directory, line, method, password):
    (directory / "login.txt").write_text("me\nsecret\n")
    (directory / "login.txt").chmod(0o600)
    (directory / "client.ovpn").write_text(f"{CLIENT}proto tcp\n{line}\n")
    link = load(["client.ovpn"]).link
    assert link.http_proxy == ("proxy.example", 8080, method)
    assert link.http_proxy_user_pass == password


@pytest.mark.parametrize(
    ("line", "port", "password"),
    [
        ("socks-proxy proxy.example", 1080, None),
        ("socks-proxy proxy.example 1081 login.txt", 1081, b"me\nsecret\n"),
        ("socks-proxy proxy.example 1081 stdin", 1081, b""),
    ],
)
def test_a_socks_proxy_may_name_a_file(directory, line, port, password):
    (directory / "login.txt").write_text("me\nsecret\n")
    (directory / "client.ovpn").write_text(f"{CLIENT}{line}\n")
    assert load(["client.ovpn"]).link.socks_proxy == ("proxy.example", port, password)


def test_a_block_names_files_too(directory):
    (directory / "login.txt").write_text("me\nsecret\n")
    (directory / "login.txt").chmod(0o600)
    inner = "remote b 443 tcp\nhttp-proxy proxy.example 8080 login.txt\n"
    socks = "remote b 443 tcp\nsocks-proxy proxy.example 1081 login.txt\n"
    blocks = "".join(f"<connection>\n{one}</connection>\n" for one in (inner, socks))
    (directory / "client.ovpn").write_text(CLIENT + blocks)
    http, socks = (one.options.link for one in load(["client.ovpn"]).link.connections)
    assert (http.http_proxy.method, http.http_proxy_user_pass) == ("basic", b"me\nsecret\n")
    assert (socks.http_proxy, socks.socks_proxy.user_pass) == (None, b"me\nsecret\n")
    (directory / "client.ovpn").write_text(CLIENT + "<connection>\nca none.crt\n</connection>\n")
    with pytest.raises(ConfigError, match=r'ca: cannot read "none\.crt"'):
        load(["client.ovpn"])


def test_a_directory_of_revoked_certificates_is_named_and_not_read(directory):
    (directory / "revoked").mkdir()
    arguments = ["--config", "client.ovpn", "--crl-verify", "revoked", "dir"]
    assert load(arguments).tls.revocations == ("revoked", True)
    with pytest.raises(ConfigError, match='"missing" is not a directory'):
        load([*arguments[:3], "missing", "dir"])
