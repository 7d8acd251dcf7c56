"""Faster operations for Keras layers on a CPU.

Each operation computes the same function as the layer with other TensorFlow
operations. docs/performance.md has the measured speedups.
"""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras

if keras.config.backend() != "tensorflow":
    raise ImportError(
        "seal_tf.FastOps replaces operations of TensorFlow on a CPU. The "
        f"backend of Keras is {keras.config.backend()}: omit the callback."
    )
