"""Checkpoints: the state of a run, and files that hold it."""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras  # noqa: F401
