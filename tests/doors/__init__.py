"""The doors of the house, each opened the way its users open it."""
