"""The tools that the gateway runs, and the research that they share."""
