"""The commands that only show, --show-ciphers and its kin; --test-crypto, a test of ourselves."""

from __future__ import annotations

import os
import ssl

from vpn.config.cipher_arguments import DIGESTS
from vpn.crypto.ciphers import DATA_CIPHERS, DataCipher
from vpn.crypto.key_material import AnyKey, data_key
from vpn.crypto.mac import digest_name, mac_size
from vpn.errors import ConfigError, PacketError
from vpn.wire.static_key import SLOT_SIZE, DirectionKey

HEADER = bytes.fromhex("48000001")  # P_DATA_V2, peer id 1
SIZES = range(1, 1501)
NAMED_GROUPS = ("X25519", "X448", "secp256r1", "secp384r1", "secp521r1", "secp256k1")

CIPHERS_INTRO = """\
The following ciphers can be listed in --data-ciphers. In static key mode only CBC mode is allowed.
"""
SMALL_INTRO = """
The following ciphers have a block size of less than 128 bits,
and are therefore deprecated.  Do not use unless you have to.
"""
DIGESTS_INTRO = """\
The following message digests can be given to --auth. For the ciphers of --data-ciphers that check
their packets themselves, --auth changes nothing but the wrap of --tls-auth.
"""
GROUPS_INTRO = """\
Available groups, for --tls-groups:
"""


def text(command: str) -> str:
    """What `--COMMAND` prints."""
    return {
        "show-ciphers": _ciphers,
        "show-digests": _digests,
        "show-tls": _tls,
        "show-groups": _groups,
        "show-curves": _groups,
        "test-crypto": _test,
    }[command]()


COMMANDS = ("show-ciphers", "show-digests", "show-tls", "show-groups", "show-curves", "test-crypto")


def _ciphers() -> str:
    lines: dict[bool, list[str]] = {False: [], True: []}
    for name, cipher in sorted(DATA_CIPHERS.items()):
        if cipher.key_size:
            line = f"{name}  ({cipher.key_size * 8} bit key, {_block(cipher)})"
            lines[cipher.is_small].append(line)
    return "\n".join([CIPHERS_INTRO, *lines[False], SMALL_INTRO, *lines[True]])


def _block(cipher: DataCipher) -> str:
    only = ", TLS client/server mode only" if not cipher.is_cbc else ""
    block = "stream cipher" if cipher.block_size == 1 else f"{cipher.block_size * 8} bit block"
    return block + only


def _digests() -> str:
    lines = []
    for name in DIGESTS:
        try:
            size = mac_size(digest_name(name))
        except ConfigError:
            continue  # this OpenSSL does not have it
        lines.append(f"{name} {size * 8} bit digest size")
    return "\n".join([DIGESTS_INTRO, *lines])


def _tls() -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found: dict[bool, list[str]] = {True: [], False: []}
    for suite in context.get_ciphers():
        found[suite["protocol"] == "TLSv1.3"].append(str(suite["name"]))
    return "\n".join(
        [
            "Available TLS ciphers, in the order they are preferred in.",
            "",
            "For TLS 1.3 and newer (--tls-ciphersuites):",
            "",
            *found[True],
            "",
            "For TLS 1.2 (--tls-cipher):",
            "",
            *found[False],
        ]
    )


def _groups() -> str:
    return "\n".join([GROUPS_INTRO, *NAMED_GROUPS])


def _test() -> str:
    """Seal and open packets of every size with every cipher; a changed bit must be noticed."""
    lines = ["Entering crypto self-test mode."]
    for cipher in DATA_CIPHERS.values():
        slot = DirectionKey(os.urandom(SLOT_SIZE), os.urandom(SLOT_SIZE))
        key = data_key(slot, cipher, "sha256", os.urandom, 0)
        for number, size in enumerate(SIZES, 1):
            _round_trip(key, number, os.urandom(size))
        lines.append(f"{cipher.name}: {len(SIZES)} packets sealed and opened")
    return "\n".join([*lines, "Crypto self-test mode SUCCEEDED."])


def _round_trip(key: AnyKey, number: int, packet: bytes) -> None:
    sealed = key.seal(HEADER, number, packet)
    if key.open(sealed, len(HEADER)) != (number, packet):
        raise AssertionError("a packet came back changed")
    broken = bytes([*sealed[:-1], sealed[-1] ^ 1])
    try:
        key.open(broken, len(HEADER))
    except PacketError:
        return
    raise AssertionError("a changed packet was taken")
