"""One data channel: keys by key id, sealing and opening, keepalive, mssfix, framings, fragments."""
