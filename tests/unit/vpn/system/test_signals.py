"""Signals become bytes to wait for, and are as before afterwards."""

from __future__ import annotations

import os
import select
import signal

from vpn.system.signals import Signals


def test_signals_wait_until_they_are_taken():
    before = signal.getsignal(signal.SIGUSR1)
    with Signals() as signals:
        assert signals.take() == []
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGTERM)
        assert select.select([signals], [], [], 5)[0]
        assert set(signals.take()) == {signal.SIGUSR1, signal.SIGTERM}
        assert signals.take() == []
    assert signal.getsignal(signal.SIGUSR1) is before
