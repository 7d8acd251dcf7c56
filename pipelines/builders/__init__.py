"""TFDS builders of what TFDS lacks, one file a data set."""
