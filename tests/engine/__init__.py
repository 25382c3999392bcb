"""The engine: what it asks of models, and what it makes of their answers."""
