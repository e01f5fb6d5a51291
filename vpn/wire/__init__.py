"""Bytes to values and back: pure functions without state, one file per layout."""
