"""Servers that no one here wrote, started for the tests and stopped with them. They are how an endpoint is verified."""
