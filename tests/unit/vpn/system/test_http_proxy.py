"""CONNECT through an HTTP proxy, word by word."""

from __future__ import annotations

import base64

import pytest

from vpn.config.options import LinkOptions
from vpn.config.values import HttpProxy, Secret
from vpn.system.http_proxy import HttpConnect
from vpn.system.proxy import ProxyAgain, ProxyError

AGREED = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"


def connect(method="none", user_pass=None, options=(), target="vpn.example:443"):
    link = LinkOptions(
        http_proxy_user_pass=Secret(user_pass) if user_pass else None, http_proxy_options=options
    )
    return HttpConnect(target, HttpProxy("p", 3128, method), link, bytes)


def wants(*challenges):
    lines = "".join(f"Proxy-Authenticate: {each}\r\n" for each in challenges)
    return f"HTTP/1.1 407 Proxy Authentication Required\r\n{lines}\r\n<html>".encode()


def authorization(handshake):
    lines = handshake.start().decode().split("\r\n")
    [found] = [line for line in lines if line.startswith("Proxy-Authorization: ")]
    return found.partition(": ")[2]


def test_plain():
    one = connect()
    assert one.start() == b"CONNECT vpn.example:443 HTTP/1.0\r\nHost: vpn.example:443\r\n\r\n"
    assert one.feed(AGREED[:7]) == b""
    assert not one.is_done
    assert one.feed(AGREED[7:] + b"first bytes of the server") == b""
    assert one.is_done
    assert one.rest == b"first bytes of the server"


@pytest.mark.shows("http-proxy-option")
def test_http_proxy_options():
    options = (("VERSION", "1.1"), ("AGENT", "me/1"), ("CUSTOM-HEADER", "X-Flag", "a b"))
    text = connect(options=options).start().decode()
    assert text.startswith("CONNECT vpn.example:443 HTTP/1.1\r\n")
    assert "User-Agent: me/1\r\n" in text
    assert "X-Flag: a b\r\n" in text


def test_basic_is_said_at_once():
    word = authorization(connect("basic", b"user\npa:ss\n"))
    assert base64.b64decode(word.removeprefix("Basic ")) == b"user:pa:ss"


@pytest.mark.parametrize("status", [b"HTTP/1.0 403 Forbidden", b"HTTP/1.1 503 x", b"SSH-2.0-x"])
def test_another_answer_is_an_error(status):
    one = connect()
    one.start()
    with pytest.raises(ProxyError, match="bad status"):
        one.feed(status + b"\r\n\r\n")


def test_an_endless_head_is_an_error():
    one = connect()
    one.start()
    with pytest.raises(ProxyError, match="too long"):
        one.feed(b"x" * 70000)


@pytest.mark.parametrize("method", ["none", "basic", "auto"])
def test_a_password_that_is_not_there_or_is_wrong(method):
    one = connect(method, b"u\np" if method == "basic" else None)
    one.start()
    with pytest.raises(ProxyError, match="Proxy requires authentication"):
        one.feed(wants("Basic realm=x"))


def test_auto_takes_basic_if_that_is_all():
    one = connect("auto", b"u\np")
    one.start()
    with pytest.raises(ProxyAgain):
        one.feed(wants("NTLM", 'Basic realm="x"'))
    assert authorization(one) == "Basic dTpw"
    with pytest.raises(ProxyError, match="requires"):
        one.feed(wants('Basic realm="x"'))


def test_auto_nct_refuses_a_password_in_clear():
    one = connect("auto-nct", b"u\np")
    one.start()
    with pytest.raises(ProxyError, match="cleartext"):
        one.feed(wants('Basic realm="x"'))


def test_no_way_that_we_know():
    one = connect("auto", b"u\np")
    one.start()
    with pytest.raises(ProxyError, match="no support"):
        one.feed(wants("Negotiate"))


def test_digest_without_qop():
    """The response by hand: MD5(MD5(u:r:p):n:MD5(CONNECT:vpn.example:443))."""
    one = connect("auto", b"u\np")
    one.start()
    with pytest.raises(ProxyAgain):
        one.feed(wants("Basic realm=r", 'Digest realm="r", nonce="n", opaque="o"'))
    word = authorization(one)
    assert word == (
        'Digest username="u", realm="r", nonce="n", uri="vpn.example:443", '
        'response="ac12fa510336fd1fd76a3a5f68b96f30", opaque="o"'
    )


def test_digest_with_qop_and_sha_256():
    one = connect("auto-nct", b"u\np")
    one.start()
    with pytest.raises(ProxyAgain):
        one.feed(wants('Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=SHA-256'))
    word = authorization(one)
    assert f'cnonce="{"00" * 16}"' in word
    assert "algorithm=SHA-256, qop=auth, nc=00000001" in word


@pytest.mark.parametrize(
    ("challenge", "problem"),
    [("Digest realm=r", "nonce= missing"), ("Digest realm=r, nonce=n, algorithm=X", "not known")],
)
def test_a_bad_digest_challenge(challenge, problem):
    one = connect("auto", b"u\np")
    one.start()
    with pytest.raises(ProxyError, match=problem):
        one.feed(wants(challenge))
