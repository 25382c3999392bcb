"""Scripts that write generated files: the catalogue's data, the reference pages, the lock files."""
