"""Counters that a program prints when it is asked."""

from __future__ import annotations

from types import SimpleNamespace

from labs.explain.counters import dropped, told

STATISTICS = """\
2026-11-23 08:01:17 OpenVPN STATISTICS
2026-11-23 08:01:17 Auth read bytes,0
2026-11-23 08:01:17 END
2026-11-23 08:01:17 Dropped (not an IP packet),5
2026-11-23 08:01:17 Dropped (data packet authentication failed),2
"""


def end(program="ours", *, answers=True):
    log = ["2026-11-23 08:01:16 Dropped (replayed data packet),9\n"]
    process = SimpleNamespace(send_signal=lambda _: log.append(STATISTICS) if answers else None)
    return SimpleNamespace(
        name="server", program=program, process=process, is_alive=True,
        log_text=lambda: "".join(log),
    )  # fmt: skip


def test_what_is_printed_now_counts():
    assert dropped(end()) == {"not an IP packet": 5, "data packet authentication failed": 2}
    assert told(end(), "not an IP packet") == ('server has dropped 5: "not an IP packet"',)
    assert told(end(), "replayed data packet") == ()


def test_a_program_without_counters_is_not_asked():
    stock = end("openvpn")
    assert dropped(stock) == {}
    assert "END" not in stock.log_text()


def test_no_answer_is_no_evidence():
    assert dropped(end(answers=False)) == {}
