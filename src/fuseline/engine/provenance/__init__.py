"""Where the sentences of an answer come from, found by comparing texts; it calls no model."""
