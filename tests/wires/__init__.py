"""The wires: bytes and values in, values out."""
