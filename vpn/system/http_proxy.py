"""Through an HTTP proxy: CONNECT, with the password in the basic or the digest way.

[RFC 9110 9.3.6, RFC 7616, RFC 7617]. The conversation only; tcp.py has the socket. Why this is no
library: docs/decisions/proxy-clients.md.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Callable

from vpn.config.options import LinkOptions
from vpn.config.values import HttpProxy
from vpn.system.proxy import ProxyAgain, ProxyError, user_and_password

log = logging.getLogger("vpn.link")

MAX_HEAD = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
STATUS_LINE = re.compile(r"HTTP/\d+(?:\.\d+)? (\d{3})(?: |$)")
PARAMETER = re.compile(r'([A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
OK, WANTS_PASSWORD = 200, 407
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class HttpConnect:
    """One CONNECT. After a 407 it can be started again: then it has an answer to the challenge."""

    reason = "HTTP proxy error"

    def __init__(
        self,
        target: str,
        proxy: HttpProxy,
        options: LinkOptions,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.is_done = False
        self.rest = b""
        self._target = target  # host:port
        self._method = proxy.method
        self._version = "1.0"
        self._headers: list[str] = []
        self._read_options(options)
        self._user, self._password = user_and_password(options.http_proxy_user_pass)
        self._random_bytes = random_bytes
        self._head = b""
        self._authorization = ""
        if self._method == "basic":
            self._authorization = self._basic()

    def start(self) -> bytes:
        """The request."""
        self._head = b""
        lines = [
            f"CONNECT {self._target} HTTP/{self._version}",
            f"Host: {self._target}",
            *self._headers,
        ]
        for line in lines:
            log.info("Send to HTTP proxy: '%s'", line)
        if self._authorization:
            lines.append(f"Proxy-Authorization: {self._authorization}")
        return "\r\n".join([*lines, "", ""]).encode()

    def feed(self, chunk: bytes) -> bytes:
        """Wait for the whole head of the answer; there is never anything more to say."""
        self._head += chunk
        head, found, rest = self._head.partition(END_OF_HEAD)
        if not found:
            if len(self._head) > MAX_HEAD:
                raise ProxyError("HTTP proxy returned too long a head")
            return b""
        lines = head.decode("latin-1").split("\r\n")
        log.info("HTTP proxy returned: '%s'", lines[0])
        status = STATUS_LINE.match(lines[0])
        if status is None or int(status[1]) not in (OK, WANTS_PASSWORD):
            raise ProxyError("HTTP proxy returned bad status")
        if int(status[1]) == WANTS_PASSWORD:
            self._answer(lines[1:])
            raise ProxyAgain
        self.is_done, self.rest = True, rest
        return b""

    def _read_options(self, options: LinkOptions) -> None:
        for kind, *values in options.http_proxy_options:
            if kind == "VERSION":
                self._version = values[0]
            elif kind == "AGENT":
                self._headers.append(f"User-Agent: {values[0]}")
            else:
                self._headers.append(
                    ": ".join((values[0], " ".join(values[1:])) if values[1:] else values)
                )

    def _answer(self, headers: list[str]) -> None:
        """Choose among the ways that the proxy offers, the better one first."""
        if self._authorization or self._method == "none" or not self._user:
            raise ProxyError("Proxy requires authentication")
        offers = [
            value.strip()
            for name, _, value in (line.partition(":") for line in headers)
            if name.strip().lower() == "proxy-authenticate"
        ]
        for offer in offers:
            scheme, _, parameters = offer.partition(" ")
            if scheme.lower() == "digest":
                self._authorization = self._digest(parameters)
                return
        if not any(offer.split(" ")[0].lower() == "basic" for offer in offers):
            raise ProxyError("HTTP proxy: no support for proxy authentication method")
        if self._method == "auto-nct":
            raise ProxyError(
                "HTTP proxy: support for basic auth and other cleartext proxy auth methods is "
                "disabled"
            )
        self._authorization = self._basic()

    def _basic(self) -> str:
        log.info("Attempting Basic Proxy-Authorization")
        return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()

    def _digest(self, text: str) -> str:
        """The answer to a digest challenge, with `qop=auth` if the proxy knows it."""
        given = {found[1].lower(): found[2] or found[3] for found in PARAMETER.finditer(text)}
        realm, nonce = given.get("realm"), given.get("nonce")
        algorithm = given.get("algorithm", "MD5").upper()
        base = algorithm.removesuffix("-SESS")
        if realm is None or nonce is None:
            raise ProxyError(
                "HTTP proxy: digest auth failed, malformed response from server: realm= or nonce= "
                "missing"
            )
        if base not in HASHES:
            raise ProxyError(f"HTTP proxy: digest algorithm {algorithm} is not known")
        cnonce = self._random_bytes(16).hex()
        has_qop = "auth" in given.get("qop", "").replace(" ", "").split(",")

        def hashed(*parts: str) -> str:
            return HASHES[base](":".join(parts).encode()).hexdigest()

        secret = hashed(self._user, realm, self._password)
        if algorithm.endswith("-SESS"):
            secret = hashed(secret, nonce, cnonce)
        middle = ("00000001", cnonce, "auth") if has_qop else ()
        response = hashed(secret, nonce, *middle, hashed("CONNECT", self._target))
        fields = {
            "username": self._user, "realm": realm, "nonce": nonce, "uri": self._target,
            "response": response,
        }  # fmt: skip
        if "opaque" in given:
            fields["opaque"] = given["opaque"]
        if has_qop:
            fields["cnonce"] = cnonce
        words = [f'{name}="{value}"' for name, value in fields.items()]
        words += [f"algorithm={algorithm}"] if "algorithm" in given else []
        words += ["qop=auth", "nc=00000001"] if has_qop else []
        return "Digest " + ", ".join(words)
