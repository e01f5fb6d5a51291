"""Status lines in the stock program's formats."""

from __future__ import annotations

import time

import pytest

from vpn.errors import Drop, SystemFailure
from vpn.events import Address
from vpn.system import report
from vpn.tunnel.status import PeerStatus, Status

WALL = 1_800_000_000.0
PEER = PeerStatus(
    Address("192.0.2.2", 4711), "Test-Client", "10.8.0.2", 11, 22, 40.0, "AES-256-GCM"
)
NOW = 100.0


def stamp(wall):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall))


def test_a_client():
    status = Status([], 1, 2, 3, 4, {Drop.REPLAY: 5})
    lines = report.client_lines(status, WALL)
    assert lines == [
        "OpenVPN STATISTICS",
        f"Updated,{stamp(WALL)}",
        "TUN/TAP read bytes,1",
        "TUN/TAP write bytes,2",
        "TCP/UDP read bytes,3",
        "TCP/UDP write bytes,4",
        "Auth read bytes,2",
        "END",
    ]
    dropped = "Dropped (replayed data packet),5"
    assert report.with_drops(lines, status) == [*lines[:-1], dropped, "END"]


def test_a_server_version_1():
    lines = report.server_lines(Status([PEER]), NOW, WALL, 1)
    assert lines[3] == f"Test-Client,192.0.2.2:4711,11,22,{stamp(WALL - 60)}"
    assert lines[6] == f"10.8.0.2,Test-Client,192.0.2.2:4711,{stamp(WALL)}"
    assert lines[-1] == "END"


@pytest.mark.shows("status-version")
@pytest.mark.parametrize(("version", "separator"), [(2, ","), (3, "\t")])
def test_a_server_versions_2_and_3(version, separator):
    lines = report.server_lines(Status([PEER]), NOW, WALL, version)
    rows = [line.split(separator) for line in lines]
    assert rows[0] == ["TITLE", report.TITLE]
    assert rows[1] == ["TIME", stamp(WALL), "1800000000"]
    assert rows[2][:3] == ["HEADER", "CLIENT_LIST", "Common Name"]
    assert len(rows[2]) - 2 == len(rows[3]) - 1
    assert rows[3][:3] == ["CLIENT_LIST", "Test-Client", "192.0.2.2:4711"]
    assert rows[3][8] == "1799999940"
    assert rows[5] == [
        "ROUTING_TABLE", "10.8.0.2", "Test-Client", "192.0.2.2:4711", stamp(WALL), "1800000000",
    ]  # fmt: skip
    assert rows[-1] == ["END"]


def test_the_file_is_replaced_in_place(tmp_path):
    path = tmp_path / "status"
    file = report.StatusFile(str(path), 1)
    file.write(["a long line", "END"])
    file.write(["short", "END"])
    assert path.read_text() == "short\nEND\n"
    file.close()


def test_a_file_that_cannot_be_is_one_line(tmp_path):
    with pytest.raises(SystemFailure, match="cannot open"):
        report.StatusFile(str(tmp_path / "no" / "status"), 1)
