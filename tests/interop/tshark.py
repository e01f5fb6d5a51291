"""OpenVPN packets as tshark reads them, and in the same words as labs.dissect does."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from labs.dissect import OpenVPNAuth, OpenVPNControl, OpenVPNCrypt, OpenVPNDataV2
from vpn.wire.control import SESSION_ID_SIZE
from vpn.wire.opcodes import Opcode

if TYPE_CHECKING:
    from labs.dissect import OpenVPN

# By tshark's name of a field what stands there, in hex; several if the packet has several.
Fields = dict[str, list[str]]

# What tshark can't tell by itself, or only guesses.
SAID = "openvpn.tls_auth_detection_override:TRUE"
PLAIN = (SAID, "openvpn.tls_auth:FALSE")
TLS_CRYPT = (SAID, "openvpn.tls_crypt:TRUE")

NAMES = (
    "opcode", "keyid", "sessionid", "hmac", "pid", "net_time", "mpidarraylength",
    "mpidarrayelement", "rsessionid", "mpid", "peerid", "data", "wkc", "wkc_len", "plen",
)  # fmt: skip


def tls_auth(hmac_size: int) -> tuple[str, ...]:
    """The preferences for an HMAC of so many bytes; tshark knows 20 to 64."""
    return SAID, "openvpn.tls_auth:TRUE", f"openvpn.tls_auth_hmac_size:{hmac_size}"


def read(capture: Path, preferences: tuple[str, ...]) -> dict[int, list[Fields]]:
    """Every OpenVPN packet of a capture, by the number of the frame that made it whole."""
    options = [word for preference in preferences for word in ("-o", preference)]
    said = subprocess.run(
        ["tshark", "-n", "-r", str(capture), *options, "-T", "pdml", "-J", "openvpn"],
        env={**os.environ, "HOME": str(capture.parent), "XDG_CONFIG_HOME": str(capture.parent)},
        capture_output=True,
        check=True,
    )
    found = defaultdict(list)
    for frame in ET.fromstring(said.stdout):
        number = int(frame.find("proto/field[@name='num']").get("show"))
        for packet in frame.findall("proto[@name='openvpn']"):
            found[number].append(_fields(packet))
    return found


def _fields(packet: ET.Element) -> Fields:
    found = defaultdict(list)
    for field in packet.iter("field"):
        name = field.get("name").removeprefix("openvpn.")
        if name in NAMES:
            found[name].append(field.get("value").lower())
    return dict(found)


def ours(packet: OpenVPN, *, is_tcp: bool = False) -> Fields:
    """What tshark should say of a packet that we have read."""
    found = {"opcode": [f"{packet.opcode:x}"], "keyid": [f"{packet.key_id:x}"]}
    if is_tcp:
        found["plen"] = [f"{len(packet):04x}"]
    if isinstance(packet, OpenVPNControl | OpenVPNAuth | OpenVPNCrypt):
        found["sessionid"] = [packet.session_id.hex()]
    if isinstance(packet, OpenVPNAuth | OpenVPNCrypt):
        is_crypt = isinstance(packet, OpenVPNCrypt)
        found["hmac"] = [(packet.tag if is_crypt else packet.hmac).hex()]
        found["pid"], found["net_time"] = [f"{packet.replay_id:08x}"], [f"{packet.replay_time:08x}"]
    if isinstance(packet, OpenVPNControl | OpenVPNAuth):
        return found | _reliability(packet)
    if isinstance(packet, OpenVPNCrypt):
        return found | _sealed(packet)
    if isinstance(packet, OpenVPNDataV2):
        found["peerid"] = [f"{packet.peer_id:06x}"]
    return found | {"data": [bytes(packet.payload).hex()]}


def _reliability(packet: OpenVPNControl | OpenVPNAuth) -> Fields:
    found = {"mpidarraylength": [f"{len(packet.acks):02x}"]}
    if packet.acks:
        found["mpidarrayelement"] = [f"{ack:08x}" for ack in packet.acks]
        found["rsessionid"] = [packet.remote_session_id.hex()]
        assert len(packet.remote_session_id) == SESSION_ID_SIZE
    if packet.packet_id is not None:
        found["mpid"] = [f"{packet.packet_id:08x}"]
    return found


def _sealed(packet: OpenVPNCrypt) -> Fields:
    is_for_tls = packet.opcode == Opcode.P_CONTROL_V1  # there tshark takes it for a record
    found = {} if is_for_tls else {"data": [packet.sealed.hex()]}
    if key := packet.wrapped_client_key:
        found |= {"wkc": [key.hex()], "wkc_len": [key[-2:].hex()]}
    return found
