"""The console: a page on which people ask, watch a panel answer, and find earlier runs again."""
