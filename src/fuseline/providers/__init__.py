"""How upstreams are called."""
