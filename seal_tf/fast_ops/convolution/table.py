"""The choice of algorithms without a measurement."""

from __future__ import annotations

from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.operation import Choice, default_choice

#: Images of a batch whose size is unknown.
IMAGES = 32


def table_choice(geometry: Geometry) -> Choice:
    """Return algorithms that were faster on the CPUs that were measured.

    A 1x1 convolution is a matrix product. The gradient of a kernel is a sum
    of products where oneDNN's own was slow: many channels on small maps, and
    bfloat16. Elsewhere TensorFlow's operations are used.

    Args:
        geometry: Sizes of the convolution.
    """
    choice = default_choice()
    if geometry.size == 1:
        return {
            "forward": "im2col",
            "input_gradient": "product_and_fold",
            "kernel_gradient": "im2col",
        }
    positions = geometry.rows.output * geometry.columns.output
    positions *= geometry.images or IMAGES
    factor = 16 if geometry.dtype == "bfloat16" else 1
    if geometry.channels >= 64 and factor * geometry.filters >= positions:
        choice["kernel_gradient"] = "products"
    return choice
