"""Private documents: how they are read, kept, found and opened."""
