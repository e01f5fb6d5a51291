"""A small certificate authority for tunnels: certificates, revocation, control-channel keys."""
