"""Patches of an input and their transposes, by inner products."""

import numpy as np
import pytest
import tensorflow as tf

from seal_tf.fast_ops.convolution import patches as module
from seal_tf.fast_ops.convolution.geometry import Geometry


@pytest.mark.parametrize(
    ("height", "width", "size", "stride", "padding"),
    [
        (4, 5, 3, 1, "SAME"),
        (6, 5, 3, 2, "SAME"),
        (7, 8, 5, 3, "VALID"),
        (6, 6, 2, 2, "VALID"),
        (8, 8, 3, 2, "VALID"),
    ],
)
def test_fold_is_the_transpose_of_patches(height, width, size, stride, padding):
    """<patches(x), y> = <x, fold(y)> for all x and y."""
    rng = np.random.default_rng(0)
    geometry = Geometry(
        2, height, width, 3, 1, size, stride, padding, "float32"
    )
    taps = geometry.taps
    shape = (2, geometry.rows.output, geometry.columns.output, 3)
    x = rng.normal(size=geometry.input_shape).astype("f4")
    y = [rng.normal(size=shape).astype("f4") for _ in taps]
    seen = module.patches(geometry, tf.constant(x), taps)
    left = sum(np.vdot(a, b) for a, b in zip(seen, y, strict=True))
    folded = module.fold(geometry, [tf.constant(part) for part in y], taps)
    assert folded.shape == x.shape
    np.testing.assert_allclose(left, np.vdot(x, folded), rtol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(4, 6), (5, 7), (4, 5)])
def test_upsample_is_the_transpose_of_subsample(height, width):
    rng = np.random.default_rng(0)
    geometry = Geometry(2, height, width, 3, 1, 1, 2, "VALID", "float32")
    x = rng.normal(size=geometry.input_shape).astype("f4")
    small = module.subsample(tf.constant(x), 2)
    np.testing.assert_array_equal(small, x[:, ::2, ::2])
    up = module.upsample(small, geometry).numpy()
    np.testing.assert_array_equal(up[:, ::2, ::2], small)
    assert np.count_nonzero(up) == np.count_nonzero(small)
    assert up.shape == x.shape
