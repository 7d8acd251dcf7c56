"""Which algorithms there are; test_operation.py checks their results."""

from seal_tf.fast_ops.convolution import kernel_gradient
from tests.fast_ops.convolution.names import names


def test_candidates_start_with_the_operation_of_tensorflow():
    assert names(kernel_gradient, 3, 1)[0] == "direct"
    assert len(names(kernel_gradient, 3, 1)) >= 3


def test_candidates_of_one_pixel_have_no_sum_of_products():
    assert "products" in names(kernel_gradient, 3, 2)
    assert "products" not in names(kernel_gradient, 1, 2)


def test_candidates_in_float32_are_for_bfloat16_only():
    assert "float32" in names(kernel_gradient, 3, 1, "bfloat16")
    assert "float32" not in names(kernel_gradient, 3, 1)
