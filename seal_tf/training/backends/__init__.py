"""Backend-specific parts of the train step."""
