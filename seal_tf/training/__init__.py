"""What obeys a plan: layer groups, the step, the optimizer, events."""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras  # noqa: F401
