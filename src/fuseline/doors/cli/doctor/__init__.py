"""`fuseline doctor`: what is in force, what works, and what to do about what does not."""
