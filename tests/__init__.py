"""The tests, by what they need: unit and sim nothing, the rest namespaces."""
