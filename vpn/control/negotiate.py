"""What the two sides agree on: cipher, key derivation, the options string, what a push contains.

Cipher negotiation [draft: ncp]: the server takes the first of its own list that the client has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Interface

from OpenSSL import SSL

from vpn.config.options import Compression, Options, Topology
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.mac import digest_name, mac_size
from vpn.hooks import Hooks
from vpn.wire import options_string, peer_info
from vpn.wire.key_method import KeyMethodMessage
from vpn.wire.peer_info import PeerInfo, Proto

# What the computation of link-mtu adds; the comparison is for advice only [draft: occ].
TAP_EXTRA = 32
TCP_EXTRA = 2
OPCODE = 1
FRAGMENT = 4
TIME = 4  # in the packet ids of a static key
UNKNOWN = "AES-256-CBC"  # counts where a cipher is configured that does not exist here
NULL_CIPHER = "[null-cipher]"
ALWAYS_TOLD = ("IV_GUI_VER", "IV_SSO")
TOLD_IF_ASKED = ("UV_", "IV_PLAT_VER")


P2P_PEER_ID = int.from_bytes(b"vpn", "big")  # where no exporter gives one


def own_peer_info(options: Options, version: str, hooks: Hooks) -> str:
    """The IV_* lines that we send: those of a client, or of a point-to-point end."""
    if options.is_point_to_point:
        return peer_info.serialize_p2p(usable_ciphers(options))
    return peer_info.serialize(
        version, "linux", usable_ciphers(options), options.tun.tun_mtu_max,
        has_compression=options.data.allows_compression, more=_more_of_us(options, hooks).items(),
    )  # fmt: skip


def _more_of_us(options: Options, hooks: Hooks) -> dict[str, str]:
    """What a front end has set, and with push-peer-info who and on what we are."""
    told = {}
    if options.client.push_peer_info:
        address = hooks.hardware_address()
        told = {"IV_HWADDR": address} if address else {}
        told["IV_SSL"] = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode()
    for name, value in options.scripts.environment:
        is_asked_for = options.client.push_peer_info and name.startswith(TOLD_IF_ASKED)
        if name in ALWAYS_TOLD or is_asked_for:
            told[name] = value
    return told


def usable_ciphers(options: Options) -> tuple[str, ...]:
    """The configured data ciphers that exist here, in order."""
    return tuple(name for name in options.data.data_ciphers if name in DATA_CIPHERS)


def negotiated_name(name: str) -> str:
    """A cipher's name as the table of ciphers has it."""
    return "none" if name.lower() in ("none", NULL_CIPHER) else name.upper()


def _named_cipher(occ: str) -> str:
    """The cipher in a peer's options string; empty if there is none."""
    named = options_string.value(occ, "cipher")
    return negotiated_name(named) if named else ""


def choose_cipher(
    own: tuple[str, ...], fallback: str | None, peer: PeerInfo, occ: str
) -> str | None:
    """Server: the cipher for a client with this peer info and options string; None if none fits."""
    offered = list(peer.ciphers or ())
    if "IV_CIPHERS" not in peer.values:
        named = _named_cipher(occ)
        if named:
            offered.append(named)
    for name in own:
        if name in offered:
            return name
    return fallback if not offered else None


def no_common_cipher(options: Options, peer: PeerInfo, occ: str) -> str:
    """The line for the log where `server_agreement` found none."""
    own = ":".join(options.data.data_ciphers)
    words = f"PUSH: No common cipher between server and client. Server data-ciphers: '{own}'"
    named = options_string.value(occ, "cipher")
    if peer.ciphers:
        return f"{words}, client supported ciphers '{':'.join(peer.ciphers)}'"
    if named:
        return f"{words}, client supports cipher '{named}'"
    return "PUSH: No NCP or OCC cipher data received from peer."


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a client makes of a push, and a server of a client's abilities."""

    cipher: str
    uses_exporter: bool
    peer_id: int | None
    has_exit_message: bool  # cc-exit: EXIT goes over the control channel
    has_dynamic_wrap: bool = False  # renegotiations under a key of the first TLS session
    has_epochs: bool = False  # of data keys


def client_agreement(options: Options, server_occ: str) -> Agreement | None:
    """Client: from the options with the push merged in; None if no cipher was agreed on."""
    push = options.push
    own = usable_ciphers(options)
    if push.cipher is not None:
        pushed = negotiated_name(push.cipher)
        cipher = pushed if pushed in own else None
    else:
        named = _named_cipher(server_occ)
        cipher = named if named in own else options.data.data_ciphers_fallback
    if cipher is None or cipher not in DATA_CIPHERS:
        return None
    flags = push.protocol_flags
    exporter = "tls-ekm" in flags or push.key_derivation == "tls-ekm"
    return Agreement(
        cipher,
        exporter,
        push.peer_id,
        "cc-exit" in flags,
        "dyn-tls-crypt" in flags,
        "aead-epoch" in flags and can_have_epochs(cipher, push.peer_id),
    )


def can_have_epochs(cipher: str, peer_id: int | None) -> bool:
    """Only an AEAD's packets of version 2 have epochs."""
    return DATA_CIPHERS[cipher].aead is not None and peer_id is not None


def server_agreement(
    options: Options, peer: PeerInfo, client_occ: str, peer_id: int
) -> Agreement | None:
    """Server: what suits this client; None if no cipher is shared."""
    cipher = choose_cipher(
        usable_ciphers(options), options.data.data_ciphers_fallback, peer, client_occ
    )
    if cipher is None or cipher not in DATA_CIPHERS:
        return None
    proto = peer.proto
    given_id = peer_id if Proto.DATA_V2 in proto else None
    has_flags = Proto.CC_EXIT_NOTIFY in proto
    return Agreement(
        cipher,
        Proto.TLS_KEY_EXPORT in proto,
        given_id,
        has_flags,
        has_flags and Proto.DYN_TLS_CRYPT in proto,
        has_flags and Proto.DATA_EPOCH in proto and can_have_epochs(cipher, given_id),
    )


def p2p_agreement(
    options: Options, message: KeyMethodMessage, *, is_server: bool
) -> Agreement | None:
    """Point-to-point: the first cipher of the TLS server's list that both have [draft: ncp].

    None if there is none. A peer that does not negotiate has the cipher that is configured.
    """
    info, own = peer_info.parse(message.peer_info), usable_ciphers(options)
    first, second = (own, info.ciphers or ()) if is_server else (info.ciphers or (), own)
    cipher = next((name for name in first if name in second), None)
    if info.ciphers is None:
        cipher = options.data.data_ciphers_fallback or options.data.cipher
    if cipher is None or cipher not in DATA_CIPHERS:
        return None
    proto = info.proto if Proto.NCP_P2P in info.proto else Proto(0)
    peer_id = P2P_PEER_ID if Proto.DATA_V2 in proto else None
    return Agreement(
        cipher,
        Proto.TLS_KEY_EXPORT in proto,
        peer_id,
        Proto.CC_EXIT_NOTIFY in proto,
        Proto.DYN_TLS_CRYPT in proto,
        Proto.DATA_EPOCH in proto and can_have_epochs(cipher, peer_id),
    )


def pushed_protocol_options(agreement: Agreement, peer: PeerInfo, tun_mtu: int) -> list[str]:
    """The per-client end of a PUSH_REPLY: only what the client has said it understands."""
    options = []
    if agreement.peer_id is not None:
        options.append(f"peer-id {agreement.peer_id}")
    if peer.ciphers is not None:
        options.append(f"cipher {agreement.cipher}")
    if Proto.CC_EXIT_NOTIFY in peer.proto:
        flags = ["cc-exit"]
        flags += ["tls-ekm"] if agreement.uses_exporter else []
        flags += ["dyn-tls-crypt"] if agreement.has_dynamic_wrap else []
        flags += ["aead-epoch"] if agreement.has_epochs else []
        options.append(f"protocol-flags {' '.join(flags)}")
    elif agreement.uses_exporter:
        options.append("key-derivation tls-ekm")
    if peer.accepts_mtu:
        options.append(f"tun-mtu {tun_mtu}")
    return options


def without_compression(options: Options, client: KeyMethodMessage) -> Options:
    """Server, `compress migrate`: the options for a client that has a framing, or has none."""
    data, server = options.data, options.server
    if data.compression is not Compression.MIGRATE:
        return options
    if options_string.value(client.options_string, "comp-lzo") is None:
        return replace(options, data=replace(data, compression=Compression.NONE))
    if "IV_COMP_STUBv2" in peer_info.parse(client.peer_info).values:
        framing, pushed = Compression.STUB_V2, "compress stub-v2"
    else:
        framing, pushed = Compression.LZO_STUB, "comp-lzo no"
    return replace(
        options,
        data=replace(data, compression=framing),
        server=replace(server, push=(*server.push, pushed)),
    )


def own_options_string(options: Options, *, is_server: bool, is_tcp: bool) -> str:
    """Our own side's options string."""
    cipher, digest = options.data.cipher or "BF-CBC", options.data.auth.upper()
    overhead, key_bits = _crypto_overhead(cipher, digest)
    is_tap = options.tun.dev_type.value == "tap"
    tun_mtu = options.tun.tun_mtu + (TAP_EXTRA if is_tap else 0)
    framing = _framing(options)
    direction = "TCPv4_SERVER" if is_server else "TCPv4_CLIENT"
    row = DATA_CIPHERS.get(cipher)
    has_digest = (row is None or row.aead is None) and digest != "NONE"
    named = NULL_CIPHER if cipher == "none" else cipher
    return options_string.serialize(
        dev_type="tap" if is_tap else "tun",
        link_mtu=tun_mtu + framing + OPCODE + (TCP_EXTRA if is_tcp else 0) + overhead,
        tun_mtu=tun_mtu,
        proto=direction if is_tcp else "UDPv4",
        key_direction=options.tls.key_direction if options.tls.tls_auth else None,
        cipher=named if options.is_point_to_point or cipher in usable_ciphers(options) else None,
        auth=digest if has_digest else "[null-digest]",
        key_bits=key_bits,
        has_tls_auth=options.tls.tls_auth is not None,
        has_comp_lzo=options.data.compression.is_framed,
        has_fragment=bool(options.link.fragment),
        is_server=is_server,
        inner=_inner(options) if options.is_point_to_point else "",
    )


def static_options_string(options: Options, *, is_tcp: bool) -> str:
    """The same with a static key."""
    cipher, digest = options.data.static_cipher, options.data.auth.upper()
    overhead, key_bits = _crypto_overhead(cipher, digest)
    is_tap = options.tun.dev_type.value == "tap"
    tun_mtu = options.tun.tun_mtu + (TAP_EXTRA if is_tap else 0)
    size = tun_mtu + _framing(options) + (TCP_EXTRA if is_tcp else 0) + overhead + TIME
    is_listening = options.link.proto.is_server
    return options_string.serialize(
        dev_type="tap" if is_tap else "tun",
        link_mtu=size,
        tun_mtu=tun_mtu,
        proto=("TCPv4_SERVER" if is_listening else "TCPv4_CLIENT") if is_tcp else "UDPv4",
        key_direction=options.tls.key_direction,
        cipher=cipher,
        auth="[null-digest]" if digest == "NONE" else digest,
        key_bits=key_bits,
        has_tls_auth=False,
        has_comp_lzo=options.data.compression.is_framed,
        has_fragment=bool(options.link.fragment),
        is_server=False,
        is_static=True,
        inner=_inner(options),
    )


def _inner(options: Options) -> str:
    """The addresses inside, the other end's first; or the network that both are in."""
    if options.tun.ifconfig is None:
        return ""
    local, second = options.tun.ifconfig
    if options.tun.dev_type.value == "tap" or options.tun.topology is Topology.SUBNET:
        return f"{IPv4Interface(f'{local}/{second}').network.network_address} {second}"
    return f"{second} {local}"


def _framing(options: Options) -> int:
    return int(options.data.compression.has_byte) + (FRAGMENT if options.link.fragment else 0)


def _crypto_overhead(cipher: str, digest: str) -> tuple[int, int]:
    """(bytes that sealing adds, key bits) as the stock program counts them for its string."""
    row = DATA_CIPHERS.get(cipher, DATA_CIPHERS[UNKNOWN])
    bits = row.key_size * 8
    if row.aead is not None:
        return 4 + 16 + 12 + row.block_size, bits
    packet_id_and_digest = 4 + mac_size(digest_name(digest))
    if row.algorithm is None:
        return packet_id_and_digest, bits
    return packet_id_and_digest + 2 * row.block_size, bits
