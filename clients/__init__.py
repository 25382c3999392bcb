"""Real clients, unmodified, each in an environment of its own, against a running server. `make clients` runs them."""
