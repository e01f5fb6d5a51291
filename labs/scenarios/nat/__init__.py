"""NATs on the way: what they let through, what they forget."""
