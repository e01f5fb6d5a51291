"""Words to the service manager."""

from __future__ import annotations

import socket

import pytest

from vpn.system import service_manager


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_words_arrive_in_one_datagram(monkeypatch, tmp_path, kind):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        if kind == "path":
            manager.bind(str(tmp_path / "notify"))
            name = str(tmp_path / "notify")
        else:
            manager.bind("")  # the kernel picks an abstract name
            name = "@" + manager.getsockname()[1:].decode()
        monkeypatch.setenv(service_manager.VARIABLE, name)
        service_manager.tell("READY=1", "STATUS=up")
        assert manager.recv(100) == b"READY=1\nSTATUS=up"


@pytest.mark.parametrize("name", ["", "relative", "/nowhere/at/all"])
def test_nobody_to_tell_is_no_failure(monkeypatch, name):
    monkeypatch.setenv(service_manager.VARIABLE, name)
    service_manager.tell("READY=1")
