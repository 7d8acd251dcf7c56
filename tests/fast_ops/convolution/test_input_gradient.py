"""Which algorithms there are; test_operation.py checks their results."""

from seal_tf.fast_ops.convolution import input_gradient
from seal_tf.fast_ops.convolution.geometry import Geometry


def _names(size, stride, dtype="float32"):
    geometry = Geometry(2, 8, 8, 4, 4, size, stride, "SAME", dtype)
    return list(input_gradient.candidates(geometry))


def test_candidates_start_with_the_operation_of_tensorflow():
    assert _names(3, 1)[0] == "direct"
    assert len(_names(3, 1)) >= 3


def test_candidates_of_one_pixel_have_no_sum_of_products():
    assert "products" in _names(3, 2) and "products" not in _names(1, 2)


def test_candidates_in_float32_are_for_bfloat16_only():
    assert "float32" in _names(3, 1, "bfloat16")
    assert "float32" not in _names(3, 1)


def test_flipped_kernel_needs_stride_one():
    assert "flipped" in _names(3, 1) and "flipped" not in _names(3, 2)
