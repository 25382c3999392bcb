"""Google's Gemini: the client end of `streamGenerateContent`, as that vendor's servers speak it."""
