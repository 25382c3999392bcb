"""What can be asked for, by which name, where it is served, and who sits on a panel that nobody chose."""
