"""Who a client is, at each key exchange: its user name with a password, or with a token of ours.

Where nobody asks for user names the certificate is enough. A password is not checked here: the
shell is asked (`AdmissionWanted`). [man: --auth-user-pass-verify, --auth-gen-token]
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from enum import Enum

from vpn.config.access_options import TokenLife
from vpn.config.options import Options
from vpn.crypto import auth_token
from vpn.crypto.auth_token import AuthToken
from vpn.errors import ConfigError
from vpn.trace import NOTICE
from vpn.tunnel.admission import Refusal
from vpn.tunnel.clients import ClientEntry
from vpn.wire.key_method import MAX_USER_PASS

TOO_LONG = "TLS Error: Username (%d) or password (%d) too long"
TOO_LONG_TEXT = f"Username or password is too long. Maximum length is {MAX_USER_PASS} bytes"
FAILED = "TLS Auth Error: Auth Username/Password verification failed for peer"
NO_USER = "TLS Auth Error: Auth Username/Password was not provided by peer"
CHANGED = "TLS Auth Error: username attempted to change from '%s' to '%s' -- tunnel disabled"
EXPIRED = "SESSION: token expired"


class Verdict(Enum):
    """What is known without asking."""

    KNOWN = "known"
    ASK = "ask"


class Approval:
    """Judges key exchanges; makes and checks tokens."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
    ) -> None:
        access = options.access
        self.wants_user = access.wants_user or options.management.client_auth
        self._is_optional = access.user_pass_optional
        self._random_bytes = random_bytes
        self._wall_clock = wall_clock
        self._life = access.token_life
        self._renewal = (self._life or TokenLife()).renewal or options.tls.reneg_sec
        self._key = self._token_key(access.token_secret) if self._life else b""

    def judge(self, entry: ClientEntry) -> Verdict | Refusal:
        """Is this client known, or who has to be asked?"""
        said = entry.peer.session.remote
        assert said is not None
        username, password = said.username, said.password
        if max(len(username.encode()), len(password.encode())) > MAX_USER_PASS:
            return Refusal(TOO_LONG % (len(username), len(password)), TOO_LONG_TEXT)
        if not self.wants_user:
            return Verdict.KNOWN
        if not username and not self._is_optional:
            return Refusal(NO_USER)
        if entry.username is not None and username not in (entry.username, entry.locked_username):
            return Refusal(CHANGED % (entry.username, username))
        if self._life and password.startswith(auth_token.PREFIX):
            return self._judge_token(entry, username, password, self._life)
        return Verdict.ASK

    def _judge_token(
        self, entry: ClientEntry, username: str, password: str, life: TokenLife
    ) -> Verdict | Refusal:
        token = auth_token.parse(password, username, self._key)
        if token is None:
            entry.session_state = "Invalid"
        elif self._is_expired(token, life):
            entry.session_state = "Expired"
        else:
            entry.session_state = "Authenticated"
        if token is not None:
            entry.token = token
        if life.is_external:
            return Verdict.ASK
        if entry.session_state == "Authenticated":
            return Verdict.KNOWN
        return Refusal(FAILED, EXPIRED if entry.session_state == "Expired" else "")

    def _is_expired(self, token: AuthToken, life: TokenLife) -> bool:
        now = self._wall_clock()
        is_stale = bool(self._renewal) and now >= token.renewed + 2 * self._renewal
        return is_stale or bool(life.lifetime and now >= token.since + life.lifetime)

    def override(self, entry: ClientEntry, username: str) -> None:
        """From now on the client counts as another user [man: --override-username]."""
        words = "MULTI: Note, override-username changes username from '%s' to '%s'"
        entry.peer.log.log(NOTICE, words, entry.username or "", username)
        entry.locked_username, entry.username = entry.username or "", username

    def token_options(self, entry: ClientEntry) -> list[str]:
        """A fresh token for a client that was let in, as it is pushed; none if none are made."""
        if not self._life or entry.username is None:
            return []
        options = [f"auth-token {self._new_token(entry, entry.username)}"]
        if entry.locked_username:
            options.append(f"auth-token-user {b64encode(entry.username.encode()).decode()}")
        return options

    def _new_token(self, entry: ClientEntry, username: str) -> str:
        now = int(self._wall_clock())
        old = entry.token
        session = old.session if old else self._random_bytes(auth_token.SESSION_SIZE)
        entry.token = AuthToken(session, old.since if old else now, now)
        return entry.token.serialize(username, self._key)

    @property
    def renewal(self) -> int:
        """Seconds after which a client gets a new token by itself; 0: only at renegotiations."""
        return (self._life.renewal or 0) if self._life else 0

    def _token_key(self, secret: bytes | None) -> bytes:
        if not secret:
            return self._random_bytes(auth_token.KEY_SIZE)
        key = auth_token.key_of_pem(secret)
        if key is None:
            raise ConfigError(
                f'holds no "{auth_token.PEM_NAME}" (make one with --genkey auth-token)',
                directive="auth-gen-token-secret",
            )
        return key
