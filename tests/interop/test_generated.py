"""Our program against the stock one in either role, over the cells of matrix.py."""

from __future__ import annotations

import itertools

import pytest

from labs.traffic import Exchanging
from tests.interop import exercise
from tests.interop.matrix import CIPHERS, DEVICES, PROTOS, ROLES, WRAPS, cells
from tests.scenario.conftest import site, tunnel  # noqa: F401
from tests.scenario.vpn_site import FILES, pings

CELLS = list(cells())
SIZE, RATE = 1_000_000, 20_000_000
OVER_IPV6 = ("client:-remote", "client:remote=2001:db8::2 1194")


def test_any_two_values_meet():
    columns = (ROLES, PROTOS, DEVICES, WRAPS, CIPHERS)
    for (one, values), (two, others) in itertools.combinations(enumerate(columns), 2):
        met = {(cell[one], cell[two]) for cell in CELLS}
        assert met == set(itertools.product(values, others))


@pytest.mark.shows("data-ciphers", "auth", "tls-auth", "tls-crypt", "tls-crypt-v2")
@pytest.mark.tun
@pytest.mark.openvpn
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_cell(cell, tunnel):  # noqa: F811
    family = OVER_IPV6 if cell.proto.endswith("6") else ()
    lab = tunnel(*cell.role, *cell.settings, *family)
    for end in lab.ends:
        end.process.wait_log(f"Data Channel: cipher '{cell.cipher.partition('+')[0]}'")
    near, files = lab["near"], lab["files"]
    assert pings(near, FILES)
    assert pings(files, lab.tunnel_address("near"))
    with Exchanging(near, files, FILES, size=SIZE, rate=RATE) as exchanging:
        assert exchanging.result().is_intact
    exercise.server_notices_that_the_client_leaves(lab)
    assert lab.server.stop() == 0
