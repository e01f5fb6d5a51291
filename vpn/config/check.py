"""What can't work together, found before anything is opened, as the stock program finds it.

An error names the directive that is in the way; one that is missing has only the file to name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from vpn.config.cipher_arguments import DATA_CIPHERS
from vpn.config.der import dh_bits
from vpn.config.expand import last
from vpn.config.lexer import Directive
from vpn.config.link_options import LinkOptions
from vpn.config.options import Options
from vpn.config.values import DevType, Proto
from vpn.errors import ConfigError

SERVER_ONLY = (
    "push",
    "ifconfig-pool",
    "ifconfig-pool-persist",
    "client-to-client",
    "duplicate-cn",
    "max-clients",
    "connect-freq-initial",
    "verify-client-cert",
    *("client-config-dir", "auth-user-pass-verify", "client-connect", "client-disconnect"),
    *("learn-address", "auth-gen-token", "username-as-common-name", "connect-freq"),
    *("ifconfig-ipv6-pool", "auth-user-pass-optional", "ccd-exclusive", "stale-routes-check"),
    *("vlan-tagging", "vlan-accept", "vlan-pvid"),
    *("ifconfig-push-constraint", "force-tls-key-material-export"),
)
CLIENT_ONLY = (
    "auth-user-pass", "auth-retry", "static-challenge", "pull-filter", "route-nopull",
    "push-peer-info",
)  # fmt: skip
SCRIPTS = (
    *("up", "down", "route-up", "route-pre-down", "ipchange", "auth-user-pass-verify"),
    *("client-connect", "client-disconnect", "learn-address"),
    *("tls-verify", "tls-crypt-v2-verify"),
)
SCRIPTS_RUN = 2  # from this level of script-security on
MIN_DH_BITS = 2048


class Configuration:
    """The options beside the directives that they came from."""

    def __init__(self, options: Options, plain: list[Directive]) -> None:
        self.options = options
        self.plain = plain

    def has(self, name: str) -> Directive | None:
        """The directive that counts, if there is one with this name."""
        return last(self.plain, name)

    def missing(self, problem: str) -> ConfigError:
        """An error about something that stands nowhere."""
        source = next((one.source for one in self.plain if one.line), "")
        return ConfigError(problem, source=source or "command line")

    def first(self, *names: str) -> Directive | None:
        """The first of these directives that is there."""
        return next((found for name in names if (found := self.has(name))), None)


def check(options: Options, plain: list[Directive]) -> Options:
    """The same options with warnings added; ConfigError if they can't work."""
    configuration = Configuration(options, plain)
    for rule in RULES:
        for problem in rule(configuration):
            raise problem
    warnings = tuple(text for rule in WARNINGS for text in rule(configuration))
    return replace(options, warnings=options.warnings + warnings)


def _mode(it: Configuration) -> Iterator[ConfigError]:
    """A client that pulls, a server, or an end of a point-to-point tunnel."""
    options = it.options
    if options.server.mode_server and not options.tls.is_server:
        yield it.missing("mode server needs tls-server")
    if options.client.pull and not options.tls.is_client:
        yield it.missing("pull needs tls-client (client stands for both)")
    if options.tls.is_client and options.tls.is_server:
        yield it.missing("tls-client and tls-server can't stand together")
    if not options.tls.is_client and not options.tls.is_server and options.tls.static_key is None:
        yield it.missing("neither client, server, tls-client, tls-server nor secret: nothing to be")
    if options.is_point_to_point and options.tls.tls_crypt_v2 is not None:
        place = it.has("tls-crypt-v2") or Directive("tls-crypt-v2")
        yield place.error("is for a client and a server, not for two equal ends")


def _static_key(it: Configuration) -> Iterator[ConfigError]:
    """A key for good: no forward secrecy, nothing negotiated."""
    tls, place = it.options.tls, it.has("secret")
    if place is None:
        return
    if tls.is_client or tls.is_server:
        yield place.error("can't stand beside tls-client or tls-server (or client, or server)")
    if not tls.allows_static_key:
        yield place.error(
            "static keys are insecure and will go; if you must, say "
            "allow-deprecated-insecure-static-crypto"
        )
    cipher = it.options.data.static_cipher
    if not cipher.endswith("-CBC"):
        at = it.has("cipher") or place
        yield at.error(f"{cipher} can't be used with a static key: it needs a CBC cipher")


def _server(it: Configuration) -> Iterator[ConfigError]:
    if not it.options.server.mode_server:
        found = it.first(*SERVER_ONLY)
        if found:
            yield found.error("is for a server: it needs mode server (or server)")
        return
    found = it.first("remote", "nobind", "pull", *CLIENT_ONLY)
    if found:
        yield found.error("can't be used by a server")
    if it.options.tun.dev_type is DevType.NULL:
        yield (it.has("dev") or Directive("dev")).error("a server needs a tun or a tap device")
    link = it.options.link
    for proto in [link.proto, *(one.proto for one in link.locals_ if one.proto)]:
        if proto.is_tcp and not proto.is_server:
            yield (it.has("proto") or Directive("proto")).error(f"{proto.value} is for a client")
    yield from _access(it)


def _access(it: Configuration) -> Iterator[ConfigError]:
    """Somebody has to say who a client is: its certificate, or who checks its password."""
    options = it.options
    asks = options.access.wants_user
    policy = it.has("verify-client-cert")
    if policy and options.tls.verify_client_cert != "require" and not asks:
        yield policy.error(
            "without certificates anyone could connect: it needs auth-user-pass-verify (or "
            "management-client-auth)"
        )
    found = it.first("username-as-common-name", "auth-user-pass-optional", "auth-gen-token")
    if found and not asks:
        yield found.error("needs auth-user-pass-verify (or management-client-auth)")
    vlan = it.first("vlan-tagging", "vlan-accept", "vlan-pvid")
    if vlan and options.tun.dev_type is not DevType.TAP:
        yield vlan.error("needs dev tap")
    if vlan and not options.access.vlan_tagging:
        yield vlan.error("needs vlan-tagging")
    exclusive = it.has("ccd-exclusive")
    if exclusive and options.access.client_config_dir is None:
        yield exclusive.error("needs client-config-dir")
    pool = it.has("ifconfig-ipv6-pool")
    if pool and options.tun.ifconfig_ipv6 is None:
        yield pool.error("needs ifconfig-ipv6")


def _client(it: Configuration) -> Iterator[ConfigError]:
    options = it.options
    if not options.client.pull:
        return
    if not options.link.remotes and not options.link.connections:
        yield it.missing("a client needs a remote")
    elif not options.link.connections:
        yield (it.has("proto-force") or Directive("proto-force")).error("leaves no remote")
    for connection in options.link.connections:
        if connection.proto.is_tcp and connection.proto.is_server:
            place = it.first("proto", "remote") or Directive("proto")
            yield place.error(f"{connection.proto.value} is for a server")
    if options.link.bind and options.link.nobind and it.has("nobind"):
        yield (it.has("bind") or Directive("bind")).error("can't stand beside nobind")


def _credentials(it: Configuration) -> Iterator[ConfigError]:
    """Whom to trust, and who we are."""
    tls = it.options.tls
    if tls.static_key is not None:
        return
    if tls.ca is None and tls.capath is None and tls.pkcs12 is None and not tls.peer_fingerprints:
        yield it.missing("ca is missing: the certificate of the authority that both sides trust")
    if (tls.cert is None) != (tls.key is None):
        there, gone = ("cert", "key") if tls.key is None else ("key", "cert")
        yield (it.has(there) or Directive(there)).error(f"needs {gone} beside it")
    if tls.pkcs12 is not None:
        return
    if tls.cert is None and tls.is_server:
        yield it.missing("a server needs cert and key")
    if tls.cert is None and it.options.client.auth_user_pass is None:
        yield it.missing("a client needs cert and key, or auth-user-pass")


def _one_judge(it: Configuration) -> Iterator[ConfigError]:
    """Who says whether a client may come in."""
    if it.options.management.client_auth:
        if it.options.access.user_pass_verify is not None:
            yield it.missing("management-client-auth and auth-user-pass-verify can't both decide")
        if it.options.management.address is None:
            yield it.missing("management-client-auth: needs management beside it")


def _sockets(it: Configuration) -> Iterator[ConfigError]:
    """Several sockets and guests are a server's, proxies are a client's."""
    link, is_server = it.options.link, it.options.server.mode_server
    places = [one for one in it.plain if one.name == "local"]
    if not is_server and len({one.args for one in places}) > 1:
        yield places[-1].error("several local addresses are for a server")
    share = it.has("port-share")
    if share and not (is_server and any(proto.is_tcp for proto in _listening(link))):
        yield share.error("needs a TCP server: the port of a connection is what can be shared")
    frequency = it.has("connect-freq")
    if frequency and is_server and all(proto.is_tcp for proto in _listening(link)):
        yield frequency.error("works with UDP only: over TCP see max-clients")
    proxy = it.first("http-proxy", "socks-proxy")
    if proxy and is_server:
        yield proxy.error("can't be used by a server")
    for one in (each.options.link if each.options else link for each in link.connections):
        if one.http_proxy and one.socks_proxy:
            yield (proxy or Directive("http-proxy")).error("can't stand beside socks-proxy")
    extra = it.first("http-proxy-option", "http-proxy-user-pass")
    if extra and not any(
        (each.options.link if each.options else link).http_proxy for each in link.connections
    ):
        yield extra.error("needs http-proxy")


def _fragment(it: Configuration) -> Iterator[ConfigError]:
    """A stream cuts and joins by itself."""
    link, place = it.options.link, it.has("fragment") or Directive("fragment")
    ways = [(each.options.link if each.options else link, each.proto) for each in link.connections]
    for options, proto in ways or [(link, proto) for proto in _listening(link)]:
        if options.fragment and proto.is_tcp:
            yield place.error("can only be used with proto udp")


def _no_compression(it: Configuration) -> Iterator[ConfigError]:
    data, place = it.options.data, it.has("allow-compression")
    if place and data.allow_compression == "no" and data.compression.is_real:
        yield place.error(f"no conflicts with {it.first('comp-lzo', 'compress')}")


def _listening(link: LinkOptions) -> list[Proto]:
    return [one.proto or link.proto for one in link.locals_] or [link.proto]


def _udp_through_http(it: Configuration) -> Iterator[ConfigError]:
    """An HTTP proxy carries streams only."""
    link = it.options.link
    for each in link.connections:
        if not each.proto.is_tcp and (each.options.link if each.options else link).http_proxy:
            place = it.has("http-proxy") or Directive("http-proxy")
            yield place.error("works with TCP only: it needs proto tcp")


def _control_channel(it: Configuration) -> Iterator[ConfigError]:
    tls = it.options.tls
    blocks = [one.options.tls for one in it.options.link.connections if one.options is not None]
    if any(one.tls_auth is not None and one.tls_crypt is not None for one in (tls, *blocks)):
        yield (it.has("tls-auth") or Directive("tls-auth")).error("can't stand beside tls-crypt")
    if tls.tls_version_max is not None and tls.tls_version_max < tls.tls_version_min:
        yield (it.has("tls-version-max") or Directive("tls-version-max")).error(
            f"{tls.tls_version_max} is below tls-version-min {tls.tls_version_min}"
        )


def _weak_dh(it: Configuration) -> Iterator[str]:
    place, dh = it.has("dh"), it.options.tls.dh
    bits = dh_bits(dh) if dh is not None else None
    if place and dh is not None and (bits is None or bits < MIN_DH_BITS):
        size = "unreadable" if bits is None else f"{bits}-bit"
        yield (
            f"WARNING: {place}: {size} parameters are not used (at least {MIN_DH_BITS} bits are "
            "safe); keys are agreed on elliptic curves instead"
        )


def _no_server_check(it: Configuration) -> Iterator[str]:
    tls, script = it.options.tls, it.options.scripts.tls_verify
    checks = (tls.remote_cert_tls, tls.verify_x509_name, tls.remote_cert_eku, script)
    if tls.is_client and not tls.peer_fingerprints and not any(checks):
        yield (
            "WARNING: No server certificate verification method has been enabled: anyone with a "
            "certificate of this authority can pose as the server (see remote-cert-tls server)."
        )


def _compression(it: Configuration) -> Iterator[str]:
    data = it.options.data
    if data.compression.is_real:
        yield (
            "WARNING: Compression for receiving enabled. Compression has been used in the past to "
            "break encryption. Sent packets are never compressed."
        )


def _exit_notify(it: Configuration) -> Iterator[str]:
    place, link = it.has("explicit-exit-notify"), it.options.link
    protos = [one.proto for one in link.connections] or [link.proto]
    if place and link.explicit_exit_notify and all(proto.is_tcp for proto in protos):
        yield f"WARNING: {place}: has no effect over TCP, where closing is notice enough"


def _privileges(it: Configuration) -> Iterator[str]:
    place = it.first("user", "group", "chroot")
    if place and not it.options.tun.persist_tun:
        yield (
            f"WARNING: {place}: without persist-tun, a restart may fail for lack of rights to "
            "open the tun again"
        )


def _fallback(it: Configuration) -> Iterator[str]:
    cipher = it.options.data.data_ciphers_fallback
    if cipher is not None and cipher not in DATA_CIPHERS:
        yield (
            f"WARNING: {it.has('data-ciphers-fallback')}: {cipher} is not supported yet: a peer "
            "that can't negotiate will be refused"
        )


Rule = Callable[[Configuration], Iterator[ConfigError]]
RULES: tuple[Rule, ...] = (
    _mode, _static_key, _server, _client, _credentials, _sockets, _udp_through_http,
    _control_channel, _one_judge, _fragment, _no_compression,
)  # fmt: skip


def _scripts(it: Configuration) -> Iterator[str]:
    """Scripts that will run, and scripts that will not."""
    if it.options.scripts.security >= SCRIPTS_RUN:
        yield (
            "NOTE: the current --script-security setting may allow this configuration to call "
            "user-defined scripts"
        )
        return
    found = it.first(*SCRIPTS)
    if found:
        yield f"WARNING: {found}: is not run: that takes script-security 2"


WARNINGS: tuple[Callable[[Configuration], Iterator[str]], ...] = (
    _weak_dh,
    _no_server_check,
    _compression,
    _exit_notify,
    _privileges,
    _fallback,
    _scripts,
)
