"""Whole runs that look things up: real engine, real pages, real store; only the models are scripted."""
