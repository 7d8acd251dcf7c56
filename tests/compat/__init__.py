"""Properties that hold for every kind of model, optimizer and fit."""
