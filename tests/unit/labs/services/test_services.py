"""What is written for the services, and how they are called."""

from __future__ import annotations

import pytest

from labs import services
from labs.topology import SERVICES


def test_pages_and_names_are_written(tmp_path):
    services.furnish(tmp_path, "files", {"files": "10.20.0.10", "client": "192.168.50.10"})
    page = (tmp_path / "www" / "files" / "index.html").read_text("utf-8")
    assert "You have reached files." in page
    hosts = (tmp_path / "www" / "files.hosts").read_text("utf-8")
    assert hosts == "10.20.0.10\tfiles.lab.example\n192.168.50.10\tclient.lab.example\n"


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_command(tmp_path, service):
    assert "files" in " ".join(services.argv(service, tmp_path, "files"))


def test_unknown_service_is_refused(tmp_path):
    with pytest.raises(ValueError, match="gopher"):
        services.argv("gopher", tmp_path, "files")
