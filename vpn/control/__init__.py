"""One control channel: wrapped, reliable, TLS, negotiating."""
