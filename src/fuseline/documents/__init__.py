"""Private documents: folders of files in an index on this machine, searched as an engine like any other."""
