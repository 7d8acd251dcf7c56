"""The search for S, the size of an ascent step."""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras  # noqa: F401
