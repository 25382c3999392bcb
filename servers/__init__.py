"""Servers and libraries that no one here wrote, each in an environment of its own. `make servers` speaks to them."""
