"""Convolutions, computed by the fastest of several algorithms.

A convolution has three parts: the forward pass, the gradient of its input and
the gradient of its kernel. Each part has a module with the algorithms that
compute it.
"""
