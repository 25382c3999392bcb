"""The protocols we speak, both ends of each."""
