"""The demo: recorded answers played through the whole gateway, without a key and without a network."""
