"""The rules of the house as tests. Each is a function of a tree, so it can be shown to fail."""
