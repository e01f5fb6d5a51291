"""A conversation with a management interface: here a few lines of our own play it."""

from __future__ import annotations

import io
import json
import socket
import sys
import threading

from labs import management

GREETING = ">INFO:OpenVPN Management Interface Version 5\r\n"


def talk(monkeypatch, capsys, path, answers, steps):
    """Run the agent against a server that answers each line it gets."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def serve():
            link, _ = listener.accept()
            with link, link.makefile("r") as lines:
                link.sendall(GREETING.encode())
                for line in lines:
                    link.sendall(answers.get(line.strip(), "").encode())

        server = threading.Thread(target=serve)
        server.start()
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps([path, steps])))
        management.main()
        server.join()
    return json.loads(capsys.readouterr().out)


def test_each_answer_ends_with_its_line(monkeypatch, capsys, tmp_path):
    state = "1,CONNECTED,SUCCESS\r\nEND\r\n"
    said = talk(
        monkeypatch,
        capsys,
        str(tmp_path / "m"),
        {"state": state},
        [["", "^>INFO"], ["state", "END"]],
    )
    assert said == [[GREETING.strip()], ["1,CONNECTED,SUCCESS", "END"]]


def test_an_answer_that_does_not_come(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(management, "SECONDS", 0.1)
    assert talk(monkeypatch, capsys, str(tmp_path / "m"), {}, [["state", "^END"]]) == []
