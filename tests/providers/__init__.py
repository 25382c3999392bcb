"""How upstreams are called: what they are shown, and what becomes of calls that fail."""
