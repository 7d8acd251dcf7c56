"""Keras callbacks: one for each method, and what goes beside them."""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras  # noqa: F401
