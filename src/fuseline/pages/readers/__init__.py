"""Readers: one file for each kind of page that text is made of."""
