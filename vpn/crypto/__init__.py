"""Keys and algorithms on bytes: key derivation, the data ciphers, replay protection."""
