"""The lines about a tunnel that has just come up, word by word as the stock program prints them.

Data Channel: cipher 'AES-256-GCM', peer-id: 0, compression: 'stub'
Timers: ping 10, ping-restart 60, inactive 1000 10, session-timeout 3000
Protocol options: explicit-exit-notify 2, protocol-flags cc-exit tls-ekm
"""

from __future__ import annotations

from vpn.config.options import Compression, LinkOptions, Options
from vpn.control.negotiate import NULL_CIPHER, Agreement
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.mac import NULL_DIGEST
from vpn.trace import PeerLog

FRAMING_NAMES = {
    Compression.LZO_STUB: "stub",
    Compression.STUB: "stub",
    Compression.STUB_V2: "stubv2",
    Compression.LZO: "lzo",
    Compression.LZ4: "lz4",
    Compression.LZ4_V2: "lz4v2",
}


def announce(log: PeerLog, options: Options, agreement: Agreement) -> None:
    """What was agreed on, and what was configured or pushed besides."""
    for name, parts in (
        ("Data Channel", _data_channel(options, agreement)),
        ("Timers", _timers(options.link)),
        ("Protocol options", _protocol(options.link, agreement)),
    ):
        if parts:
            log.info("%s: %s", name, ", ".join(parts))


def _data_channel(options: Options, agreement: Agreement) -> list[str]:
    name = NULL_CIPHER if agreement.cipher == "none" else agreement.cipher
    parts = [f"cipher '{name}'"]
    if DATA_CIPHERS[agreement.cipher].aead is None:
        digest = NULL_DIGEST if options.data.auth == "none" else options.data.auth
        parts.append(f"auth '{digest}'")
    if agreement.peer_id is not None:
        parts.append(f"peer-id: {agreement.peer_id}")
    if options.data.compression in FRAMING_NAMES:
        parts.append(f"compression: '{FRAMING_NAMES[options.data.compression]}'")
    return parts


def _timers(link: LinkOptions) -> list[str]:
    parts = [f"ping {link.ping}"] if link.ping else []
    if link.ping_exit:
        parts.append(f"ping-exit {link.ping_exit}")
    elif link.ping_restart:
        parts.append(f"ping-restart {link.ping_restart}")
    if link.inactive and link.inactive[0]:
        seconds, size = link.inactive
        parts.append(f"inactive {seconds} {size}" if size else f"inactive {seconds}")
    if link.session_timeout:
        parts.append(f"session-timeout {link.session_timeout}")
    return parts


def _protocol(link: LinkOptions, agreement: Agreement) -> list[str]:
    notify = link.explicit_exit_notify
    parts = [f"explicit-exit-notify {notify}"] if notify else []
    flags = [
        name
        for name, is_on in (
            ("cc-exit", agreement.has_exit_message),
            ("tls-ekm", agreement.uses_exporter),
            ("dyn-tls-crypt", agreement.has_dynamic_wrap),
            ("aead-epoch", agreement.has_epochs),
        )
        if is_on
    ]
    if flags:
        parts.append(f"protocol-flags {' '.join(flags)}")
    return parts
