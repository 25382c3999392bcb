"""The Responses wire: its server half, by which clients speak it to us."""
