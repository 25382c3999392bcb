"""Measures the gateway against a bare hand-written fan-out, side by side in one run."""
