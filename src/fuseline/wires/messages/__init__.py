"""Anthropic's messages: the server end, as that vendor's clients speak it."""
