"""The sizes of convolutions, against TensorFlow's and by hand."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from seal_tf.fast_ops.convolution.geometry import Axis, Geometry


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_axis_output_equals_tensorflow(padding):
    for size, stride in itertools.product((1, 2, 3, 5), (1, 2, 3)):
        for pixels in range(size, 9):
            x = tf.zeros((1, pixels, pixels, 1))
            kernel = tf.zeros((size, size, 1, 1))
            y = tf.nn.conv2d(x, kernel, stride, padding)
            axis = Axis(pixels, size, stride, padding)
            assert axis.output == y.shape[1]


def test_outputs_of_a_tap_are_those_that_see_a_pixel():
    for size, stride in itertools.product((1, 2, 3, 5), (1, 2, 3)):
        for pixels in range(1, 8):
            axis = Axis(pixels, size, stride, "SAME")
            for tap in range(size):
                expected = [
                    i
                    for i in range(axis.output)
                    if 0 <= i * stride + tap - axis.before < pixels
                ]
                assert list(axis.outputs_of(tap)) == expected


def test_taps_of_a_single_pixel_are_the_center_of_the_kernel():
    geometry = Geometry(8, 1, 1, 4, 4, 3, 1, "SAME", "float32")
    assert geometry.taps == [(1, 1)]


def test_key_restores_the_geometry():
    for images in (None, 32):
        geometry = Geometry(images, 8, 6, 3, 16, 3, 2, "VALID", "bfloat16")
        assert Geometry.from_key(geometry.key) == geometry


def test_macs_are_those_of_the_direct_form():
    geometry = Geometry(2, 8, 8, 3, 16, 3, 2, "VALID", "float32")
    assert geometry.macs == 2 * 3 * 3 * 3 * 16 * 9


def test_of_reads_the_sizes_of_tensors():
    x = np.zeros((2, 8, 6, 3), "float32")
    kernel = np.zeros((3, 3, 3, 16), "float32")
    geometry = Geometry.of(tf.constant(x), tf.constant(kernel), 2, "SAME")
    assert geometry == Geometry(2, 8, 6, 3, 16, 3, 2, "SAME", "float32")
    assert geometry.output_shape == (2, 4, 3, 16)
