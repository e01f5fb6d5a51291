"""What the program asks before it goes on: may I start, with which password, to which remote?

An event of the core's that has to wait is kept here until the answer has come; then it goes on to
`proceed` as if nothing had happened. A client that comes later is asked what is still open.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from vpn.config.options import LinkOptions, ManagementOptions, Options
from vpn.config.transport_arguments import parse_http_proxy, parse_socks_proxy
from vpn.events import CredentialsWanted, Event, OpenLink, TunnelUp
from vpn.system.management.commands import Command, CommandError, number
from vpn.system.management.notices import need_credentials

if TYPE_CHECKING:
    from vpn.tunnel.client import Client

log = logging.getLogger("vpn.management")

AUTH = "Auth"


class Questions:
    """The open questions, one after the other. `say` sends notifications."""

    def __init__(self, options: ManagementOptions, say: Callable[[list[str]], None]) -> None:
        self.hold_flag = options.hold
        self._options = options
        self._say = say
        self._proceed: Callable[[Event], None] = lambda _: None
        self._client: Client | None = None
        self._is_holding = False
        self._held: Event | None = None  # came during the hold
        self._wanted: CredentialsWanted | None = None
        self._username: str | None = None
        self._password: str | None = None
        self._remote: OpenLink | None = None
        self._proxied: OpenLink | None = None  # waits for the proxy to use
        self._common = Options()
        self._open: dict[str, str] = {}  # kind of question -> its notification
        self.commands: dict[str, Callable[[Command], list[str]]] = {
            "hold": self._hold,
            "username": self._answer_username,
            "password": self._answer_password,
            "remote": self._answer_remote,
            "needok": lambda _: _not_needed("needok-confirmation"),
            "needstr": lambda _: _not_needed("needstr-string"),
            "proxy": self._answer_proxy,
        }

    @property
    def open(self) -> list[str]:
        """What a client that comes now has to be told."""
        return list(self._open.values())

    def attach(
        self, client: Client | None, options: Options, proceed: Callable[[Event], None]
    ) -> None:
        """A run begins: whom the answers are for."""
        self._client, self._common, self._proceed = client, options, proceed
        self._held = self._wanted = self._remote = self._proxied = None
        self._open.clear()
        self.begin_hold(0)

    def begin_hold(self, pause: float) -> None:
        """An attempt begins, or would after `pause` seconds."""
        self._held = None
        self._forget("PASSWORD", "REMOTE", "PROXY")
        if self.hold_flag:
            self._is_holding = True
            self._ask("HOLD", f">HOLD:Waiting for hold release:{int(pause)}")

    def keep(self, event: Event) -> bool:
        """Does this event have to wait for an answer?"""
        if self._is_holding and isinstance(event, OpenLink | CredentialsWanted | TunnelUp):
            self._held = event
            return True
        if isinstance(event, CredentialsWanted) and self._options.query_passwords:
            self._want_credentials(event)
            return True
        if isinstance(event, OpenLink) and self._options.query_remote:
            self._remote, remote = event, event.connection
            proto = remote.proto.value
            self._ask("REMOTE", f">REMOTE:{remote.host},{remote.port},{proto}")
            return True
        if isinstance(event, OpenLink) and self._options.query_proxy:
            self._want_proxy(event)
            return True
        return False

    # -- hold ----------------------------------------------------------------------------------

    def _hold(self, command: Command) -> list[str]:
        if not command.args:
            return [f"SUCCESS: hold={int(self.hold_flag)}"]
        word = command.args[0]
        if word in ("on", "off"):
            self.hold_flag = word == "on"
            return [f"SUCCESS: hold flag set to {word.upper()}"]
        if word != "release":
            raise CommandError("bad hold command parameter")
        self._say(["SUCCESS: hold release succeeded"])
        self._is_holding = False
        self._forget("HOLD")
        held, self._held = self._held, None
        if held is not None:
            self._proceed_with(held)
        return []

    def _proceed_with(self, event: Event) -> None:
        if not self.keep(event):
            self._proceed(event)

    # -- user name and password ----------------------------------------------------------------

    def _want_credentials(self, event: CredentialsWanted) -> None:
        self._wanted = event
        self._username = self._password = None
        asked = event.challenge
        is_static = asked is not None and not asked.state
        text, shows = (asked.text, asked.shows_answer) if asked is not None else ("", False)
        self._ask("PASSWORD", need_credentials(text, shows_answer=shows, is_static=is_static))

    def _answer_username(self, command: Command) -> list[str]:
        kind, self._username = self._check_kind(command, "username"), command.args[1]
        return self._entered(kind, "username")

    def _answer_password(self, command: Command) -> list[str]:
        kind, self._password = self._check_kind(command, "password"), command.args[1]
        return self._entered(kind, "password")

    def _check_kind(self, command: Command, what: str) -> str:
        kind = command.args[0]
        if self._wanted is None:
            raise CommandError(f"no {what} is currently needed at this time")
        if kind != AUTH:
            raise CommandError(f"{what} of type '{kind}' entered, but we need one of type '{AUTH}'")
        return kind

    def _entered(self, kind: str, what: str) -> list[str]:
        self._say([f"SUCCESS: '{kind}' {what} entered, but not yet verified"])
        wanted, username, password = self._wanted, self._username, self._password
        if wanted is not None and username is not None and password is not None:
            self._wanted = self._username = self._password = None
            self._forget("PASSWORD")
            word, response = _password_and_response(wanted, password)
            cast("Client", self._client).set_credentials(username, word, response)
        return []

    # -- remote --------------------------------------------------------------------------------

    def _answer_remote(self, command: Command) -> list[str]:
        remote, (action, *words) = self._remote, command.args
        if remote is None:
            raise CommandError("remote command failed")
        if action == "ACCEPT" and not words:
            chosen: OpenLink | None = remote
        elif action == "MOD" and len(words) == 2:
            chosen = _changed(remote, *words)
        elif action == "SKIP" and len(words) <= 1:
            chosen = None
        else:
            raise CommandError("remote command failed")
        self._remote = None
        self._forget("REMOTE")
        self._say(["SUCCESS: remote command succeeded"])
        if chosen is not None and self._options.query_proxy:
            self._want_proxy(chosen)
        elif chosen is not None:
            self._proceed(chosen)
        else:
            client = cast("Client", self._client)
            client.remotes.skip(number(words[0], "number") if words else 1)
            client.start(0.0)  # asks for a link to the remote that is next now
        return []

    # -- proxy ---------------------------------------------------------------------------------

    def _want_proxy(self, event: OpenLink) -> None:
        self._proxied, remote = event, event.connection
        connections = self._common.link.connections
        place = connections.index(remote) + 1 if remote in connections else 1
        proto = "TCP" if remote.proto.is_tcp else "UDP"
        self._ask("PROXY", f">PROXY:{place},{proto},{remote.host}")

    def _answer_proxy(self, command: Command) -> list[str]:
        event = self._proxied
        if event is None:
            return _not_needed("proxy")
        remote = event.connection
        options = remote.options or self._common
        link = _through(options.link, command.args, is_tcp=remote.proto.is_tcp)
        self._proxied = None
        self._forget("PROXY")
        self._say(["SUCCESS: proxy command succeeded"])
        changed = remote._replace(options=replace(options, link=link))
        self._proceed(event if link is options.link else replace(event, connection=changed))
        return []

    # -- what is open --------------------------------------------------------------------------

    def _ask(self, kind: str, line: str) -> None:
        self._open[kind] = line
        self._say([line])

    def _forget(self, *kinds: str) -> None:
        for kind in kinds:
            self._open.pop(kind, None)


def _not_needed(what: str) -> list[str]:
    raise CommandError(f"no {what} is currently needed at this time")


def _through(link: LinkOptions, words: tuple[str, ...], *, is_tcp: bool) -> LinkOptions:
    """`NONE`, `HTTP HOST PORT [nct]`, `SOCKS HOST PORT`: the options with that proxy."""
    kind, place, more = words[0], words[1:3], words[3:]
    try:
        if kind == "NONE" and not place:
            return link
        if kind == "HTTP" and is_tcp and len(place) == 2 and more in ((), ("nct",)):
            return replace(link, http_proxy=parse_http_proxy(place), socks_proxy=None)
        if kind == "SOCKS" and len(place) == 2 and not more:
            return replace(link, http_proxy=None, socks_proxy=parse_socks_proxy(place))
    except ValueError as problem:
        log.warning("MANAGEMENT: proxy: %s", problem)
    raise CommandError("proxy command failed")


def _changed(asked: OpenLink, host: str, port: str) -> OpenLink:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CommandError("remote command failed")
    return replace(asked, connection=asked.connection._replace(host=host, port=int(port)))


def _password_and_response(wanted: CredentialsWanted, password: str) -> tuple[str, str]:
    """Take apart what the client has put together already: the core does it again."""
    challenge = wanted.challenge
    if challenge is None:
        return password, ""
    if challenge.state:
        prefix = f"CRV1::{challenge.state}::"
        return (
            ("", password.removeprefix(prefix)) if password.startswith(prefix) else (password, "")
        )
    head, *parts = password.split(":")
    if head != "SCRV1" or len(parts) != 2:
        return password, ""
    try:
        word, response = (base64.b64decode(part, validate=True).decode() for part in parts)
    except (binascii.Error, UnicodeDecodeError):
        return password, ""
    return word, response
