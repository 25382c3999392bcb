"""A run as a file that somebody takes away: what it tells, and how that is written."""
