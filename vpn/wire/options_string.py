"""The options string that both sides compare, for advice only [draft: occ].

V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,key-method 2,tls-client
"""

from __future__ import annotations

MISSING = "WARNING: '{0}' is present in {1} config but missing in {2} config, {1}='{3}'"
NOT_COMPARED = frozenset((
    *("V4", "key-method", "keydir", "proto", "tls-auth", "tun-ipv6", "cipher", "ifconfig"),
    *("tls-client", "tls-server"),
))  # fmt: skip


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
    has_fragment: bool,
    is_server: bool,
    is_static: bool = False,
    inner: str = "",
) -> str:
    """Build the string; `cipher` only when this side names one that it would use.

    inner: the addresses inside, of two ends that are equals
    """
    items = [
        "V4",
        f"dev-type {dev_type}",
        f"link-mtu {link_mtu}",
        f"tun-mtu {tun_mtu}",
        f"proto {proto}",
    ]
    if inner:
        items.append(f"ifconfig {inner}")
    if has_comp_lzo:
        items.append("comp-lzo")
    if has_fragment:
        items.append("mtu-dynamic")
    if key_direction is not None:
        items.append(f"keydir {key_direction}")
    if cipher:
        items.append(f"cipher {cipher}")
    items += [f"auth {auth}", f"keysize {key_bits}"]
    if is_static:
        return ",".join([*items, "secret"])
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


def differences(own: str, peers: str) -> list[str]:
    """A line for each item in which the sides differ, as the stock program words it."""
    local, remote = _compared(own), _compared(peers)
    lines = []
    for word, text in local.items():
        other = remote.get(word)
        if other is None:
            lines.append(MISSING.format(word, "local", "remote", text))
        elif other != text:
            lines.append(
                f"WARNING: '{word}' is used inconsistently, local='{text}', remote='{other}'"
            )
    missing = [word for word in remote if word not in local]
    return lines + [MISSING.format(word, "remote", "local", remote[word]) for word in missing]


def _compared(text: str) -> dict[str, str]:
    items = {item.partition(" ")[0]: item for item in text.split(",") if item}
    return {word: item for word, item in items.items() if word not in NOT_COMPARED}
