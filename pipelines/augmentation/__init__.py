"""Stateless augmentation of whole batches, compiled by XLA.

Every function is pure: what it draws is keyed by the seed it is given, so the
same (seed, epoch, step) gives the same batch, whatever the parallelism. Float
images are in 0 … 255 until `normalise`.
"""
