"""Environment and `fuseline.toml` turned into settings. They know no model, no provider and no network."""
