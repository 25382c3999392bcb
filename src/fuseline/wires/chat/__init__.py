"""The chat completions wire, as OpenAI defined it and OpenRouter extended it."""
