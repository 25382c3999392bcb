"""Pages: an address made into clean text, without touching what no stranger may touch."""
