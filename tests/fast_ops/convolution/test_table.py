"""The choice without a measurement."""

import pytest

from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.operation import PARTS
from seal_tf.fast_ops.convolution.table import table_choice


@pytest.mark.parametrize(
    ("images", "pixels", "filters", "dtype", "expected"),
    [
        (3, 4, 160, "float32", "products"),
        (32, 16, 64, "float32", "direct"),
        (None, 2, 512, "float32", "products"),
        (32, 8, 128, "bfloat16", "products"),
    ],
)
def test_table_has_products_for_many_filters_on_small_maps(
    images, pixels, filters, dtype, expected
):
    geometry = Geometry(
        images, pixels, pixels, 64, filters, 3, 1, "SAME", dtype
    )
    choice = table_choice(geometry)
    assert choice["kernel_gradient"] == expected
    assert choice["forward"] == choice["input_gradient"] == "direct"


def test_table_has_matrix_products_for_one_pixel():
    geometry = Geometry(2, 8, 8, 4, 4, 1, 2, "SAME", "float32")
    choice = table_choice(geometry)
    assert "direct" not in choice.values()
    for part, module in PARTS.items():
        assert choice[part] in module.candidates(geometry)
