"""Keras callbacks: one for each method, and what goes beside them."""
