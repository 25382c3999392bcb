"""The console in a real browser, over a real socket, with models that say what their scripts say."""
