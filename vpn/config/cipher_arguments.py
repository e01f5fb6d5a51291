"""From the words after a directive to ciphers, digests and framings of the data channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpn.config.arguments import choice
from vpn.config.values import Compression

if TYPE_CHECKING:
    from vpn.config.field import Arguments

DEFAULT_DATA_CIPHERS = ("AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305")
FAMILIES = (
    *("AES-128", "AES-192", "AES-256", "CAMELLIA-128", "CAMELLIA-192", "CAMELLIA-256"),
    *("SEED", "SM4", "BF", "CAST5", "DES-EDE", "DES-EDE3"),
)
DATA_CIPHERS = (
    *("AES-256-GCM", "AES-192-GCM", "AES-128-GCM", "CHACHA20-POLY1305"),
    *(f"{family}-{mode}" for family in FAMILIES for mode in ("CBC", "CFB", "OFB")),
    *(f"{family}-CFB8" for family in ("AES-128", "AES-192", "AES-256", "DES-EDE3")),
    *("RC2-CBC", "none"),
)
ALIASES = {
    "ID-AES128-GCM": "AES-128-GCM",
    "ID-AES192-GCM": "AES-192-GCM",
    "ID-AES256-GCM": "AES-256-GCM",
    "CHACHA20_POLY1305": "CHACHA20-POLY1305",
    "NONE": "none",
    "[NULL-CIPHER]": "none",
}
OTHER_CIPHERS = frozenset(
    f"{family}-{mode}"
    for family in (
        *(f"{name}-{bits}" for name in ("AES", "CAMELLIA", "ARIA") for bits in (128, 192, 256)),
        *("BF", "CAST5", "DES", "DES-EDE", "DES-EDE3", "DESX", "IDEA", "RC2", "SEED", "SM4"),
    )
    for mode in ("CBC", "CFB", "CFB1", "CFB8", "OFB", "GCM")
) | {"RC2-40-CBC", "RC2-64-CBC"}
"""Names that other programs take: known, so no typing errors, but no tunnel is made with them."""

DIGESTS = (
    *("SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA512-256", "SHA3-224", "SHA3-256"),
    *("SHA3-384", "SHA3-512", "BLAKE2B512", "BLAKE2S256", "MD5", "RIPEMD160", "SM3"),
)
MAX_LIST = 127
VERSION_PARTS = 3


def cipher_name(word: str) -> str:
    """The name of a cipher as it is negotiated; ValueError if there is none like that."""
    upper = word.upper()
    name = ALIASES.get(upper, upper)
    if name not in DATA_CIPHERS and name not in OTHER_CIPHERS:
        raise ValueError(f'"{word}" is not a cipher (--show-ciphers lists them)')
    return name


def parse_cipher(arguments: Arguments) -> str:
    """`cipher NAME`."""
    return cipher_name(arguments[0])


def _listed(arguments: Arguments) -> list[str]:
    """All names of a list, in order; `?X` is left out when there is no X."""
    if len(arguments[0]) > MAX_LIST:
        raise ValueError(f"the list is longer than {MAX_LIST} characters")
    names: list[str] = []
    for word in arguments[0].split(":"):
        if word.upper() == "DEFAULT":
            names += DEFAULT_DATA_CIPHERS
            continue
        try:
            names.append(cipher_name(word.removeprefix("?")))
        except ValueError:
            if not word.startswith("?"):
                raise
    return names


def parse_data_ciphers(arguments: Arguments) -> tuple[str, ...]:
    """`data-ciphers A:B:?C`: what of it is supported."""
    names = [name for name in _listed(arguments) if name in DATA_CIPHERS]
    if not names:
        raise ValueError("nothing in the list is supported (--show-ciphers lists what is)")
    return tuple(dict.fromkeys(names))


def left_out(arguments: Arguments) -> list[str]:
    """What of a `data-ciphers` list exists, but is not supported."""
    return [name for name in _listed(arguments) if name not in DATA_CIPHERS]


def parse_auth(arguments: Arguments) -> str:
    """`auth DIGEST|none`."""
    name = arguments[0].upper().removeprefix("RSA-")
    if name in ("NONE", "[NULL-DIGEST]"):
        return "none"
    if name not in DIGESTS:
        raise ValueError(f'"{arguments[0]}" is not a digest, known: none, {", ".join(DIGESTS)}')
    return name


def parse_compat_mode(arguments: Arguments) -> tuple[int, ...]:
    """`compat-mode 2.4.0`."""
    parts = arguments[0].split(".")
    if len(parts) != VERSION_PARTS or not all(part.isdecimal() for part in parts):
        raise ValueError(f'must be a version like 2.4.0, not "{arguments[0]}"')
    return tuple(int(part) for part in parts)


def parse_compress(arguments: Arguments) -> Compression:
    """`compress [KIND]`."""
    kinds = ("stub", "stub-v2", "lz4", "lz4-v2", "lzo", "migrate")
    return Compression(choice(*kinds)(arguments or ("stub",)))


def parse_comp_lzo(arguments: Arguments) -> Compression:
    """`comp-lzo [no|yes|adaptive]`."""
    kind = choice("no", "yes", "adaptive")(arguments or ("adaptive",))
    return Compression.LZO_STUB if kind == "no" else Compression.LZO


def parse_allow_compression(arguments: Arguments) -> str:
    """`allow-compression [no|asym|yes]`."""
    return choice("no", "asym", "yes")(arguments or ("asym",))
