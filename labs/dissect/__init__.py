"""OpenVPN for Scapy: packets taken apart and built, on any machine and without the rest of the lab.

>>> from labs.dissect import OpenVPN
>>> packet = OpenVPN(bytes.fromhex("38000102030405060700" "00000000"))
>>> packet.summary(), packet.session_id.hex()
('P_CONTROL_HARD_RESET_CLIENT_V2 kid=0', '0001020304050607')
"""

from labs.dissect.capture import Datagram, datagrams
from labs.dissect.layer import (
    OpenVPN,
    OpenVPNAuth,
    OpenVPNControl,
    OpenVPNCrypt,
    OpenVPNDataV1,
    OpenVPNDataV2,
    OpenVPNFrame,
    OpenVPNStream,
)
from labs.dissect.reader import Reader, Reading
from labs.dissect.wrap import static_key, under_tls_auth, under_tls_crypt, unwrapped

__all__ = [
    "Datagram",
    "OpenVPN",
    "OpenVPNAuth",
    "OpenVPNControl",
    "OpenVPNCrypt",
    "OpenVPNDataV1",
    "OpenVPNDataV2",
    "OpenVPNFrame",
    "OpenVPNStream",
    "Reader",
    "Reading",
    "datagrams",
    "static_key",
    "under_tls_auth",
    "under_tls_crypt",
    "unwrapped",
]
