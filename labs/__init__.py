"""Topologies, the labs that are built from them, and the program `lab`."""
