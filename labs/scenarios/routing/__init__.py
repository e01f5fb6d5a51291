"""Who gets which address, and which packets go into the tunnel."""
