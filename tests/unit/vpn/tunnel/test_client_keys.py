"""Which tls-crypt-v2 keys a server takes."""

from __future__ import annotations

import pytest

from vpn.config.options import TlsOptions
from vpn.hooks import NullHooks
from vpn.tunnel.client_keys import DAY, ClientKeyCheck

NOW = 1_800_000_000


class Asked(NullHooks):
    def __init__(self, answer: bool) -> None:
        self.answer, self.questions = answer, []

    def tls_crypt_v2_verify(self, kind: int, metadata: bytes) -> bool:
        self.questions.append((kind, metadata))
        return self.answer


def made(days_ago: float) -> bytes:
    return b"\1" + int(NOW - days_ago * DAY).to_bytes(8, "big")


@pytest.mark.parametrize("answer", [True, False])
def test_the_user_is_asked(answer):
    hooks = Asked(answer)
    assert ClientKeyCheck(TlsOptions(), hooks, lambda: NOW)(b"\0alice") is answer
    assert hooks.questions == [(0, b"alice")]


@pytest.mark.parametrize(
    ("metadata", "is_fresh"),
    [(made(29), True), (made(31), False), (b"\0alice", False), (b"", False)],
)
def test_an_old_key_or_one_without_a_time_is_refused(metadata, is_fresh):
    options = TlsOptions(tls_crypt_v2_max_age=30)
    assert ClientKeyCheck(options, NullHooks(), lambda: NOW)(metadata) is is_fresh
