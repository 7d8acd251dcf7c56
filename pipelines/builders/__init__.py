"""TFDS builders of data sets that TensorFlow Datasets does not have."""
