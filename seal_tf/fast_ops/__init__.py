"""Faster operations for layers of Keras, on a CPU, for the length of a fit.

The same functions by other TensorFlow operations: a layer is lent one, its
class and what is saved of it never change. What each of them gains is in
docs/performance.md.
"""
