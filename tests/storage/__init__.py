"""What a store promises, and what it keeps of it when things go wrong."""
