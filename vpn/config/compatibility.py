"""Defaults as older versions of the stock program had them [man: --compat-mode]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vpn.config.options import Options

OLD_CIPHER = "BF-CBC"  # where none was named


def older(options: Options, given: set[str]) -> Options:
    """The options with the defaults of that version, where nothing is said. given: directives."""
    data, tls, version = options.data, options.tls, options.data.compat_mode
    if not version:
        return options
    if version < (2, 6) and not given & {"allow-compression", "compress", "comp-lzo"}:
        data = replace(data, allow_compression="asym")
    if version < (2, 4) and data.data_ciphers_fallback is None:
        data = replace(data, data_ciphers_fallback=data.cipher or OLD_CIPHER)
    if version < (2, 5) and data.cipher is not None and data.cipher not in data.data_ciphers:
        data = replace(data, data_ciphers=(*data.data_ciphers, data.cipher))
    if version < (2, 3, 7) and "tls-version-min" not in given:
        tls = replace(tls, tls_version_min="1.0")
    return replace(options, data=data, tls=tls)
