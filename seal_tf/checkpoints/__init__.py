"""Checkpoints: the state of a run, and files that hold it."""
