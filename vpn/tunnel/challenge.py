"""Questions that a server asks besides the password, and the form of their answers.

    static challenge    known beforehand from the configuration
        password        SCRV1:base64(password):base64(response)
    dynamic challenge   the server's answer to a first attempt; the second one carries the response
        AUTH_FAILED     CRV1:flags:state:base64(user name):text
        password        CRV1::state::response                              [man: --static-challenge]

Flags: `E` the response may be shown while it is typed, `R` there is one to be typed.
"""

from __future__ import annotations

import base64
import binascii

from vpn.events import Challenge

DYNAMIC = "CRV1:"


def parse_dynamic(text: str) -> Challenge | None:
    """The challenge in the text after `AUTH_FAILED,`; None if it is none."""
    if not text.startswith(DYNAMIC):
        return None
    fields = text.removeprefix(DYNAMIC).split(":", 3)
    if len(fields) != 4:
        return None
    flags, state, encoded, question = fields
    try:
        username = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    has = flags.split(",")
    return Challenge(question, "E" in has, "R" in has, state, username)


def dynamic_password(challenge: Challenge, response: str) -> str:
    """The password that answers a dynamic challenge."""
    return f"CRV1::{challenge.state}::{response}"


def static_password(password: str, response: str) -> str:
    """The password that carries the answer of a static challenge with it."""
    return f"SCRV1:{_encoded(password)}:{_encoded(response)}"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
