"""The HMAC in front of data packets, and the names of digests."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from vpn.config.cipher_arguments import DIGESTS
from vpn.crypto.mac import Mac, digest_name, mac_size
from vpn.errors import ConfigError, Drop, PacketError


@pytest.mark.parametrize("digest", DIGESTS)
def test_every_digest_that_may_be_configured_is_there(digest):
    name = digest_name(digest)
    assert mac_size(name) == hashlib.new(name).digest_size


def test_names():
    assert digest_name("RSA-SHA256") == digest_name("SHA256") == "sha256"
    assert digest_name("none") == ""
    assert mac_size("") == 0
    with pytest.raises(ConfigError, match='unknown digest "SHA257"'):
        digest_name("SHA257")


def test_known_hmac():
    mac = Mac("sha1", b"\x0b" + bytes(63))
    text = (
        b"Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod "
        b"tempor incidunt ut labore et dolore magna aliqua."
    )
    assert mac.over(text * 2).hex() == "58ea5af04294e917ed84b9f0833023ae8ba77eb8"


def test_what_is_covered_may_not_change():
    mac = Mac("sha256", bytes(range(64)))
    packet = b"head" + mac.over(b"sealed") + b"sealed"
    assert packet[4:36] == hmac.digest(bytes(range(32)), b"sealed", "sha256")
    assert mac.check(packet, 4) == b"sealed"
    for at in range(4, len(packet)):
        bent = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]
        with pytest.raises(PacketError) as caught:
            mac.check(bent, 4)
        assert caught.value.reason is Drop.AUTH


def test_without_a_digest_there_is_nothing_to_check():
    mac = Mac("", bytes(64))
    assert (mac.size, mac.over(b"text"), mac.check(b"headtext", 4)) == (0, b"", b"text")
