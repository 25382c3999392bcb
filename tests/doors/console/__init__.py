"""The console, met the way its page and other sites meet it."""
