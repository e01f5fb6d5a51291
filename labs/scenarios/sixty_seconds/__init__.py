"""Why "TLS key negotiation failed to occur within 60 seconds", cause by cause."""
