"""Faster operations for Keras layers on a CPU.

Each operation computes the same function as the layer with other TensorFlow
operations. docs/performance.md has the measured speedups.
"""
