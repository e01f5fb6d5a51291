"""The options string that both sides compare, for advice only [draft: occ].

V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,key-method 2,tls-client
"""

from __future__ import annotations


def serialize(
    *,
    dev_type: str,
    link_mtu: int,
    tun_mtu: int,
    proto: str,
    key_direction: int | None,
    cipher: str | None,
    auth: str,
    key_bits: int,
    has_tls_auth: bool,
    has_comp_lzo: bool,
    is_server: bool,
) -> str:
    """Build the string; `cipher` only when this side names one that it would use."""
    items = [
        "V4",
        f"dev-type {dev_type}",
        f"link-mtu {link_mtu}",
        f"tun-mtu {tun_mtu}",
        f"proto {proto}",
    ]
    if has_comp_lzo:
        items.append("comp-lzo")
    if key_direction is not None:
        items.append(f"keydir {key_direction}")
    if cipher:
        items.append(f"cipher {cipher}")
    items += [f"auth {auth}", f"keysize {key_bits}"]
    if has_tls_auth:
        items.append("tls-auth")
    items += ["key-method 2", "tls-server" if is_server else "tls-client"]
    return ",".join(items)


def value(options_string: str, name: str) -> str | None:
    """The value of one item of a peer's string, `cipher` for example."""
    for item in options_string.split(","):
        word, _, rest = item.partition(" ")
        if word == name:
            return rest
    return None
