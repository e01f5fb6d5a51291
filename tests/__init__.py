"""The tests, by what they need: unit and sim nothing, scenario and interop a Linux with namespaces."""
