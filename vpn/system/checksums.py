"""Sums of many packets at once, by numpy, which is loaded when there is first something to sum.

Loading takes a tenth of a second of processor time. A tunnel that never carries a burst does
without; the first burst is written packet by packet while a thread loads it.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vpn.system.offload import Sums

_loaded: list[Sums] = []
_threads: list[threading.Thread] = []


def sums() -> Sums | None:
    """What sums; None until it is loaded, which this begins."""
    if _loaded:
        return _loaded[0]
    if not _threads:
        _threads.append(threading.Thread(target=load, name="numpy", daemon=True))
        _threads[0].start()
    return None


def load() -> None:
    """Load it now: before there are no rights, or no files, to load it with."""
    try:
        import numpy as np
    except ImportError:
        return  # packets go on being written one by one
    if not _loaded:
        _loaded.append(partial(_sums, np))


def _sums(np: Any, words: bytes, starts: list[int]) -> list[int]:
    numbers = np.frombuffer(words, dtype="<u4")
    totals: list[int] = np.add.reduceat(numbers, starts, dtype=np.uint64).tolist()
    return totals
