"""What can be looked up over HTTP: models, panels, past runs, what was spent, and whether the server is well."""
