"""How a panel answers, how its answers are compared, and how one is written."""
