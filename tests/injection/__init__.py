"""Orders that strangers wrote, and a model that follows every one of them."""
