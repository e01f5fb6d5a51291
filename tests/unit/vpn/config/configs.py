"""Configurations as text to `Options`, with short made-up contents for the files that they name."""

from __future__ import annotations

from dataclasses import replace

from vpn.config.field import CONFIG
from vpn.config.lexer import Directive, lex
from vpn.config.options import Options, spec_for
from vpn.config.parse import parse

CLIENT = """\
client
remote vpn.example
remote-cert-tls server
ca ca.crt
cert client.crt
key client.key
"""
SERVER = """\
server 10.8.0.0 255.255.255.0
ca ca.crt
cert server.crt
key server.key
"""


def read(text: str, source: str = "test.conf") -> list[Directive]:
    """The directives, each file's contents being its name."""
    return [with_contents(one) for one in lex(text, source)]


def with_contents(directive: Directive) -> Directive:
    spec = spec_for(directive.name, CONFIG)
    name = directive.args[0] if directive.args else ""
    if spec is None or not spec.contents or directive.content is not None:
        return directive
    return (
        directive if name in ("", "none", "[inline]") else replace(directive, content=name.encode())
    )


def configured(text: str) -> Options:
    """What `parse` makes of a whole configuration."""
    return parse(read(text))


def client(extra: str = "") -> Options:
    return configured(CLIENT + extra)


def server(extra: str = "") -> Options:
    return configured(SERVER + extra)
