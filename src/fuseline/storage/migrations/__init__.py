"""The way to the present tables, one step a file. Imported only when a database is not there yet."""
