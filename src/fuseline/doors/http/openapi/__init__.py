"""The server's own OpenAPI document, made of the shapes by which requests are checked and replies written."""
