"""What somebody on the way, or a client with bad manners, can and cannot do."""
