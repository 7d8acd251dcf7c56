"""Stateless augmentation of whole batches, which XLA can compile.

Every function is pure: its random numbers depend only on the key that it
gets. The same (seed, epoch, step) gives the same batch for any degree of
parallelism. Float images have values in [0, 255] until `normalize`.
"""
