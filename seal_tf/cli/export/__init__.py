"""The command that exports Keras models."""
