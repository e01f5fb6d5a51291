"""The same topologies as containers: what runs in one, and the files that other tools read."""
