"""Configuration: text to typed, frozen options."""
