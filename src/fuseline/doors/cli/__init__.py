"""The command line door: the same runs as over HTTP, asked from a terminal or a script."""
