"""The joins: one tunnel endpoint of any kind, still without a single system call."""
