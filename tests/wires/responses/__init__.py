"""The Responses wire: what clients say on it is understood, and what we say on it is what they read."""
