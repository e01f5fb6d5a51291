"""The options string."""

from __future__ import annotations

from vpn.wire import options_string


def test_value_of_an_item():
    text = "V4,dev-type tun,cipher AES-256-GCM,auth SHA1,key-method 2,tls-client"
    assert options_string.value(text, "cipher") == "AES-256-GCM"
    assert options_string.value(text, "tls-client") == ""
    assert options_string.value(text, "comp-lzo") is None
