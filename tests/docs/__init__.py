"""Tests of the pages: what they show is run, and what they say is held against the code."""
