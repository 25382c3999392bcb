"""The tools that the gateway itself runs."""
