"""The management interface: a socket to watch and steer the program by."""
