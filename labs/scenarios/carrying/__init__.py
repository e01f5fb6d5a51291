"""What a tunnel carries, and what it costs."""
