"""The Responses wire: both ends, as OpenAI defined it and OpenRouter extended it."""
