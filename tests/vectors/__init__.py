"""The protocol's own test vectors."""
