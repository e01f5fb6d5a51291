"""Helper directives to plain ones: `client`, `server`, `keepalive`, `port`, `<connection>` …

Nothing after this file knows a helper. What a helper stands for keeps the helper's place, so an
error in it names the line that the user wrote. The addresses are in server_expand.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vpn.config.arguments import DAY, integer
from vpn.config.field import Scope
from vpn.config.lexer import Directive, lex_block
from vpn.config.options import spec_for
from vpn.config.server_expand import expand_bridge, expand_ipv6, expand_server

INLINE_MARK = "[inline]"
MAX_REMOTES = 64
IN_REMOTE = ("remote", "port", "rport")
IDLE_IN_BLOCK = ("link-mtu", "tun-mtu-extra")  # may stand there, without effect here


def expand(directives: Iterable[Directive]) -> list[Directive]:
    """The same configuration in plain directives."""
    plain = [
        result
        for directive in directives
        for result in REWRITES.get(directive.name, _same)(directive)
    ]
    is_server = any(
        directive.name in ("server", "server-bridge")
        or (directive.name == "mode" and directive.args == ("server",))
        for directive in plain
    )
    plain = [_tell_tcp(directive, is_server) for directive in plain]
    return plain + _expand_whole(plain, is_server)


def last(directives: Iterable[Directive], name: str) -> Directive | None:
    """The directive that counts among those with this name."""
    found = None
    for directive in directives:
        if directive.name == name:
            found = directive
    return found


def _expand_whole(plain: list[Directive], is_server: bool) -> list[Directive]:
    """What the helpers that look at other directives come to; pushes follow the written ones."""
    added: list[Directive] = []
    client, server = last(plain, "client"), last(plain, "server")
    if client and is_server:
        raise client.error("a configuration is for a client or for a server, not for both")
    if client:
        added += [client.derive("pull"), client.derive("tls-client")]
    if server:
        added += expand_server(server, plain)
    bridge = last(plain, "server-bridge")
    if bridge:
        if server:
            raise bridge.error("can't stand beside server")
        added += expand_bridge(bridge)
    ipv6 = last(plain, "server-ipv6")
    if ipv6:
        added += expand_ipv6(ipv6, is_server=is_server)
    keepalive = last(plain, "keepalive")
    if keepalive:
        added += _keepalive(keepalive, plain, is_server)
    no_delay = last(plain, "tcp-nodelay")
    if no_delay and is_server:
        added.append(no_delay.derive("push", "socket-flags TCP_NODELAY"))
    return added


def _keepalive(directive: Directive, plain: list[Directive], is_server: bool) -> list[Directive]:
    """`keepalive INTERVAL TIMEOUT`: a server waits twice as long as it tells its clients to."""
    if len(directive.args) != 2:
        raise directive.error("takes 2 arguments: INTERVAL TIMEOUT")
    for name in ("ping", "ping-restart", "ping-exit"):
        if last(plain, name):
            raise directive.error(f"can't stand beside {name}")
    try:
        interval = integer(directive.args[0], 1, DAY, "interval")
        timeout = integer(directive.args[1], 1, DAY // 2, "timeout")
    except ValueError as problem:
        raise directive.error(str(problem)) from None
    if timeout < 2 * interval:
        raise directive.error(f"timeout must be at least twice the interval, not {timeout}")
    own_timeout = timeout * 2 if is_server else timeout
    added = [
        directive.derive("ping", str(interval)),
        directive.derive("ping-restart", str(own_timeout)),
    ]
    if is_server:
        added += [
            directive.derive("push", f"ping {interval}"),
            directive.derive("push", f"ping-restart {timeout}"),
        ]
    return added


def _same(directive: Directive) -> list[Directive]:
    return [directive]


def _port(directive: Directive) -> list[Directive]:
    return [directive.derive("lport", *directive.args), directive.derive("rport", *directive.args)]


def _control_key(directive: Directive) -> list[Directive]:
    """`tls-auth FILE [DIRECTION]`; `tls-auth [inline] 1` only says the direction."""
    if len(directive.args) > 2:
        raise directive.error("takes 1 or 2 arguments: FILE [DIRECTION]")
    plain = [directive.derive("key-direction", *directive.args[1:])] if directive.args[1:] else []
    return [*_file(directive, directive.args[:1]), *plain]


def _one_a_line(directive: Directive) -> list[Directive]:
    """A block of fingerprints; a `#` begins a comment."""
    if directive.content is None:
        return _file(directive, directive.args)
    lines = [line.partition("#")[0].strip() for line in directive.content.decode().splitlines()]
    return [directive.derive(directive.name, line) for line in lines if line]


def _file_only(directive: Directive) -> list[Directive]:
    return _file(directive, directive.args)


def _file(directive: Directive, args: tuple[str, ...]) -> list[Directive]:
    """`ca [inline]` announces a block that follows."""
    if args[:1] == (INLINE_MARK,) and directive.content is None:
        return []
    return [
        Directive(
            directive.name, args, directive.source, directive.line, directive.content,
            directive.inline,
        )
    ]  # fmt: skip


def _setenv(directive: Directive) -> list[Directive]:
    """`setenv-safe NAME VALUE` is a name that can't be mistaken for one of the program's own."""
    if not 1 <= len(directive.args) <= 2:
        raise directive.error("takes 1 or 2 arguments: NAME [VALUE]")
    return [directive.derive("setenv", f"OPENVPN_{directive.args[0]}", *directive.args[1:])]


def _ns_cert_type(directive: Directive) -> list[Directive]:
    return [directive.derive("remote-cert-tls", *directive.args)]


def expand_block(directive: Directive) -> list[Directive]:
    """What is in a `<connection>` block; the remote with the port and protocol beside it."""
    if directive.content is None:
        raise directive.error("is a block: <connection> … </connection>")
    inner = list(directive.inner) or lex_block(directive)
    for one in inner:
        spec = spec_for(one.name, Scope.CONNECTION)
        if one.name not in ("port", *IDLE_IN_BLOCK) and spec is None:
            raise one.error("can't stand in a <connection> block (or is not supported there yet)")
    remote = last(inner, "remote")
    if remote is None:
        raise directive.error("the block has no remote")
    port = last(inner, "rport") or last(inner, "port")
    proto = last(inner, "proto")
    words = list(remote.args)
    if len(words) == 1 and port and port.args:
        words.append(port.args[0])
    if len(words) == 2 and proto and proto.args:
        words.append(proto.args[0])
    elif len(words) == 1 and proto and proto.args:
        words += ["", proto.args[0]]
    others = [one for one in inner if one.name not in IN_REMOTE]
    plain = [
        Directive("remote", tuple(words), remote.source, remote.line),
        *(result for one in others for result in REWRITES.get(one.name, _same)(one)),
    ]
    return [_tell_tcp(one, is_server=False) for one in plain]


def _tell_tcp(directive: Directive, is_server: bool) -> Directive:
    """`tcp` alone means the side that the rest of the configuration is for."""
    at = {"proto": 0, "remote": 2, "local": 2}.get(directive.name)
    if at is None or len(directive.args) <= at or directive.args[at] not in ("tcp", "tcp4", "tcp6"):
        return directive
    args = list(directive.args)
    args[at] += "-server" if is_server else "-client"
    return directive.derive(directive.name, *args)


REWRITES: dict[str, Callable[[Directive], list[Directive]]] = {
    "port": _port,
    "tls-auth": _control_key,
    "secret": _control_key,
    "setenv-safe": _setenv,
    "ns-cert-type": _ns_cert_type,
    "peer-fingerprint": _one_a_line,
    "verify-hash": _one_a_line,
    **dict.fromkeys(
        (
            "ca",
            "cert",
            "key",
            "dh",
            "extra-certs",
            "crl-verify",
            "tls-crypt",
            "tls-crypt-v2",
            "pkcs12",
            "auth-user-pass",
            "http-proxy-user-pass",
            "auth-gen-token-secret",
        ),
        _file_only,
    ),
}
