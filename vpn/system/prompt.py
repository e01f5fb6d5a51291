"""Questions on the terminal: user name, password, the answer to a challenge.

Asked before the process goes into the background, where there is nobody to ask.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from getpass import getpass
from pathlib import Path

from vpn.config.options import Options
from vpn.config.values import Secret, StaticChallenge
from vpn.errors import ConfigError
from vpn.events import Challenge
from vpn.system import logfile

log = logging.getLogger("vpn.process")


def complete(options: Options) -> Options:
    """Ask for what `auth-user-pass` leaves open; ConfigError where there is no terminal."""
    options = _with_proxy(options, cache(_login))
    given = options.client.auth_user_pass
    if given is None or options.management.query_passwords:
        return options
    username, password = lines_of(given)
    response = ""
    question = options.client.static_challenge
    is_forgetful = options.client.auth_nocache
    if username and password and question is None:
        if is_forgetful and options.client.auth_user_pass_file:  # read again each time
            return replace(options, client=replace(options.client, auth_user_pass=Secret(b"")))
        return options
    if not has_terminal():
        raise ConfigError(f"{_missing(username, password, question)}, and no terminal to ask on")
    if is_forgetful and options.process.daemon is None:
        return options  # there is somebody to ask each time
    username = username or input("Enter Auth Username: ")
    password = password or getpass("Enter Auth Password: ")
    if question is not None:
        response = answer(question.text, question.shows_answer)
    content = Secret("\n".join((username, password, response)).encode())
    return replace(options, client=replace(options.client, auth_user_pass=content))


def _with_proxy(options: Options, login: Callable[[str], Secret]) -> Options:
    """The password of a proxy whose file is `stdin`: asked for once, also for the blocks."""
    link = options.link
    if link.http_proxy is not None and link.http_proxy_user_pass == b"":
        link = replace(link, http_proxy_user_pass=login("HTTP Proxy"))
    if link.socks_proxy is not None and link.socks_proxy.user_pass == b"":
        link = replace(link, socks_proxy=link.socks_proxy._replace(user_pass=login("SOCKS Proxy")))
    ways = tuple(
        way._replace(options=_with_proxy(way.options, login)) if way.options is not None else way
        for way in link.connections
    )
    return replace(options, link=replace(link, connections=ways))


def _login(whose: str) -> Secret:
    if not has_terminal():
        raise ConfigError(f"{whose}: no terminal to ask for user name and password on")
    username = input(f"Enter {whose} Username: ")
    return Secret(f"{username}\n{getpass(f'Enter {whose} Password: ')}".encode())


def lines_of(given: bytes) -> tuple[str, str]:
    """User name and password; empty where there are none."""
    username, password = [*given.decode("utf-8", "replace").splitlines(), "", ""][:2]
    return username, password


def read_again(path: str) -> tuple[str, str]:
    """auth-nocache: nothing is kept of the file."""
    try:
        return lines_of(Path(path).read_bytes())
    except OSError as problem:
        log.error("auth-user-pass: cannot read %s: %s", path, problem.strerror)
        return "", ""


def again(username: str, challenge: Challenge | None) -> tuple[str, str, str]:
    """(user name, password, response): those before were refused, or forgotten."""
    logfile.flush()
    if challenge is not None and challenge.state:
        print(f"CHALLENGE: {challenge.text}")
        is_asked = challenge.needs_answer
        return username, "", answer("Response", challenge.shows_answer) if is_asked else ""
    default = f" [{username}]" if username else ""
    username = input(f"Enter Auth Username{default}: ") or username
    password = getpass("Enter Auth Password: ")
    response = answer(challenge.text, challenge.shows_answer) if challenge else ""
    return username, password, response


def has_terminal() -> bool:
    """Is there anybody to ask?"""
    return sys.stdin is not None and sys.stdin.isatty()


def answer(text: str, shows_answer: bool) -> str:
    """Ask one question."""
    question = f"{text}: "
    return input(question) if shows_answer else getpass(question)


def _missing(username: str, password: str, question: StaticChallenge | None) -> str:
    what = [
        word for word, is_there in (("user name", username), ("password", password)) if not is_there
    ]
    if question is not None:
        what.append("answer to the static-challenge")
    return f"auth-user-pass: no {' and no '.join(what)}"
