"""Training on several devices and machines."""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras  # noqa: F401
