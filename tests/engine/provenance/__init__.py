"""Where the sentences of an answer come from, and what is nowhere else."""
