"""The values that flow through the house: frozen, and ignorant of network, clock and disk."""
