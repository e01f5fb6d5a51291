"""Counters that a program prints when it is asked."""

from __future__ import annotations

from types import SimpleNamespace

from labs.statistics import dropped, evidence_of_drops

STATISTICS = """\
2026-11-23 08:01:17 OpenVPN STATISTICS
2026-11-23 08:01:17 Auth read bytes,0
2026-11-23 08:01:17 Dropped (not an IP packet),5
2026-11-23 08:01:17 Dropped (data packet authentication failed),2
2026-11-23 08:01:17 END
"""


def end(program="ours", answers=STATISTICS):
    log = [STATISTICS.replace(",5", ",9")]
    process = SimpleNamespace(send_signal=lambda _: log.append(answers))
    return SimpleNamespace(
        name="server", program=program, process=process, is_alive=True,
        log_text=lambda: "".join(log),
    )  # fmt: skip


def test_what_is_printed_now_counts():
    assert dropped(end()) == {"not an IP packet": 5, "data packet authentication failed": 2}
    assert evidence_of_drops(end(), "not an IP packet") == (
        'server has dropped 5: "not an IP packet"',
    )
    assert evidence_of_drops(end(), "replayed data packet") == ()


def test_the_stock_program_is_not_asked():
    stock = end("openvpn")
    before = stock.log_text()
    assert dropped(stock) == {}
    assert stock.log_text() == before


def test_no_answer_is_no_evidence():
    assert evidence_of_drops(end(answers=""), "not an IP packet") == ()


def test_a_program_that_forgets_the_question_is_asked_again(monkeypatch):
    monkeypatch.setattr("labs.statistics.ASKED_AGAIN", 0)
    forgetful = end()
    answers = iter(["", "", STATISTICS])
    said = []
    forgetful.process.send_signal = lambda _: said.append(next(answers))
    forgetful.log_text = lambda: "".join(said)
    assert dropped(forgetful)["not an IP packet"] == 5
