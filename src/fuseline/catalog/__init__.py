"""What can be called: endpoints, models, prices and panels, as facts in files and rules over them."""
