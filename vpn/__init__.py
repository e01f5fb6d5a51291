"""An OpenVPN in Python: a core without I/O, in layers, and one thin shell of system calls."""

__version__ = "0.1.0"
