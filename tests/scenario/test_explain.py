"""`lab explain` names every fault, from what can be seen alone: each is put in, found, healed.

python -m tests.scenario.confusion      prints the whole matrix, fault by diagnosis
"""

import os

import pytest

from labs import faults
from tests.scenario.confusion import diagnosed

pytestmark = [pytest.mark.tun, pytest.mark.openvpn, pytest.mark.libfaketime]
EXPLAIN_SECONDS = 5.0


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_a_fault_is_found_and_nothing_else(fault):
    broken, healed = diagnosed(fault, ("ours", "ours"), f"explain-{os.getpid()}")
    assert broken.diagnosis.cause == fault, broken.diagnosis
    assert broken.seconds <= EXPLAIN_SECONDS
    assert healed.diagnosis.cause == "nothing", healed.diagnosis
