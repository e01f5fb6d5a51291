"""A tunnel from its birth to its end: silence, restarts, new keys, sizes."""
