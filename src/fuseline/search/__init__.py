"""Search engines: one protocol, a file for each engine, and the desk that chooses among them."""
