"""Recorded answers of real models through whole fusions."""
