"""The names of the algorithms of a part, for a geometry."""

from seal_tf.fast_ops.convolution.geometry import Geometry


def names(part, size, stride, dtype="float32"):
    """Return the names of a part's candidates, in order."""
    geometry = Geometry(2, 8, 8, 4, 4, size, stride, "SAME", dtype)
    return list(part.candidates(geometry))
