"""The list of faults."""

import pytest

from labs import faults, topologies
from labs.clock import Shift
from labs.errors import LabError
from labs.faults.fault import Fault
from labs.settings import Setting


def test_every_fault_can_be_put_into_a_topology_that_exists():
    for name, fault in faults.FAULTS.items():
        assert isinstance(fault, Fault)
        assert fault.name == name
        assert fault.topology in topologies.NAMES
        assert [str(Setting.parse(text)) for text in fault.sets] == list(fault.sets)
        assert [str(Shift.parse(text)) for text in fault.clocks] == list(fault.clocks)
        nodes = {node.name for node in topologies.find(fault.topology).nodes}
        assert set(fault.restarts) <= {"client", "server"} | nodes


def test_a_fault_that_is_not_known():
    with pytest.raises(LabError, match=r'no fault "nix" \(lab break --list\)'):
        faults.find("nix")
