"""The libraries of labs, which `pip install vpnlab` leaves out: the extra `lab`."""

from __future__ import annotations

from importlib.util import find_spec

from labs.errors import LabError

LIBRARIES = ("click", "rich", "scapy", "pyftpdlib", "dnslib", "docker")


def require() -> None:
    """Refuse, with the fix, to do half of what labs do."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise LabError(
            "the libraries of the labs are not installed",
            ", ".join(missing),
            "pip install 'vpnlab[lab]'",
        )
