"""The joins: one tunnel endpoint, client or server, still without a single system call."""
