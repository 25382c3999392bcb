"""Anthropic's messages: both ends, as that vendor's clients and servers speak it."""
