"""Sharpness probe: curvature of the training loss at the final weights."""
