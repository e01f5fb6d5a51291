"""User name and password of a client: asked for, sent, refused, replaced by a token.

missing  --set-->  known  --auth-token-->  token instead of the password
   ^                 |                          |
   +--- refused -----+<-------- refused --------+              [man: --auth-retry]
   +---- sent -------+                                         [man: --auth-nocache]
"""

from __future__ import annotations

import base64
import binascii

from vpn.config.options import ClientOptions
from vpn.config.values import Secret
from vpn.events import Challenge, CredentialsWanted
from vpn.tunnel import challenge


class Credentials:
    """What goes into the key exchange. Empty strings where the configuration has no user."""

    def __init__(self, options: ClientOptions) -> None:
        self.retry = options.auth_retry
        self._is_forgetful = options.auth_nocache
        self._question: CredentialsWanted | None = None
        self._is_asking = False  # for a negotiation that waits
        self._static = options.static_challenge
        self._challenge: Challenge | None = None
        self._token: Secret | None = None
        self._token_user = ""
        self._user, self._password = "", Secret(b"")
        self._is_wanted = options.auth_user_pass is not None
        if options.auth_user_pass is not None:
            lines = options.auth_user_pass.decode("utf-8", "replace").splitlines()
            self._take(*(*lines, "", "", "")[:3])

    @property
    def challenge(self) -> Challenge | None:
        """The question that goes with the next `set`, if there is one."""
        if self._challenge is None and self._static is not None:
            return Challenge(self._static.text, self._static.shows_answer)
        return self._challenge

    @property
    def is_missing(self) -> bool:
        """Must somebody be asked before the next attempt?"""
        return self._is_wanted and self._token is None and not self._password

    @property
    def wanted(self) -> CredentialsWanted:
        """The question."""
        return CredentialsWanted(self._user, self.challenge)

    def take_question(self) -> CredentialsWanted | None:
        """Once, the question that a negotiation waits for."""
        question, self._question = self._question, None
        return question

    def set(self, user: str, password: str, response: str = "") -> None:
        """What was answered; to a dynamic challenge, the response alone counts."""
        self._is_asking = False
        if self._challenge is not None:
            self._user = self._challenge.username or user
            answer = challenge.dynamic_password(self._challenge, response)
            self._password, self._challenge = Secret(answer.encode()), None
        else:
            self._take(user, password, response)

    def for_key_exchange(self) -> tuple[str, str] | None:
        """(user name, password) to send now; None while somebody has to be asked."""
        if self._token is not None:
            return self._token_user or self._user, self._token.decode()
        if self.is_missing:
            if not self._is_asking:
                self._is_asking, self._question = True, self.wanted
            return None
        password = self._password.decode()
        if self._is_forgetful:
            self._password = Secret(b"")
        return self._user, password

    def take_token(self, token: Secret | None, user: str | None) -> None:
        """`auth-token` and `auth-token-user` (base64) of a push: from now on for the password."""
        if token is None:
            return
        self._token = token
        if user is not None:
            try:
                self._token_user = base64.b64decode(user, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                self._token_user = ""

    def refused(self, text: str) -> bool:
        """The server said AUTH_FAILED with this text: is there any use in another attempt?"""
        if self._token is not None:
            self._token = None
            return True
        if self.retry == "interact":
            self._challenge = challenge.parse_dynamic(text)
            self._password = Secret(b"")
        return self.retry != "none" and self._is_wanted

    def forget(self) -> None:
        """Ask again before the next attempt."""
        if self._is_wanted:
            self._password, self._token = Secret(b""), None

    def _take(self, user: str, password: str, response: str) -> None:
        if self._static is not None and password:
            password = (
                password + response
                if self._static.is_concatenated
                else challenge.static_password(password, response)
            )
        self._user, self._password = user, Secret(password.encode())
