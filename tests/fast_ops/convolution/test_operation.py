"""Every algorithm of every part against a float64 reference in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from seal_tf.fast_ops.convolution import operation
from seal_tf.fast_ops.convolution.geometry import Geometry
from tests.fast_ops.gradients import value_and_gradients

#: (height, width, channels, filters, size, stride, padding)
SIZES = [
    (4, 6, 3, 5, 1, 1, "VALID"),
    (4, 6, 3, 5, 1, 2, "VALID"),
    (5, 7, 3, 5, 1, 2, "SAME"),
    (1, 1, 4, 3, 3, 1, "SAME"),
    (2, 1, 4, 3, 3, 1, "SAME"),
    (4, 5, 3, 4, 3, 1, "SAME"),
    (6, 6, 3, 4, 3, 2, "VALID"),
    (6, 5, 3, 4, 3, 2, "SAME"),
    (7, 8, 2, 3, 5, 3, "VALID"),
    (5, 5, 2, 3, 2, 1, "SAME"),
    (6, 7, 2, 3, 4, 2, "SAME"),
]


def _geometry(sizes, dtype="float32", images=3):
    return Geometry(images, *sizes, dtype)


def _reference(geometry, x, kernel, dy):
    """Output and gradients from the definition, in float64.

    y[b, i, j] = sum over p, q of x[b, s i + p - before, …] kernel[p, q].
    """
    rows, columns = geometry.rows, geometry.columns
    stride, size = geometry.stride, geometry.size
    pads = ((0, 0), (rows.before, size), (columns.before, size), (0, 0))
    x = np.pad(x.astype("f8"), pads)
    y = np.zeros(geometry.output_shape)
    dx, dw = np.zeros_like(x), np.zeros(geometry.kernel_shape)
    for i in range(rows.output):
        for j in range(columns.output):
            a, b = stride * i, stride * j
            patch = x[:, a : a + size, b : b + size]
            y[:, i, j] = np.einsum("bpqc,pqcf->bf", patch, kernel)
            back = np.einsum("bf,pqcf->bpqc", dy[:, i, j], kernel)
            dx[:, a : a + size, b : b + size] += back
            dw += np.einsum("bpqc,bf->pqcf", patch, dy[:, i, j])
    top, left = rows.before, columns.before
    dx = dx[:, top : top + geometry.height, left : left + geometry.width]
    return {"forward": y, "input_gradient": dx, "kernel_gradient": dw}


def _tensors(geometry):
    rng = np.random.default_rng(0)
    return [
        rng.normal(size=shape)
        for shape in (
            geometry.input_shape,
            geometry.kernel_shape,
            geometry.output_shape,
        )
    ]


@pytest.mark.parametrize("sizes", SIZES)
def test_every_algorithm_equals_the_definition(sizes):
    geometry = _geometry(sizes)
    x, kernel, dy = _tensors(geometry)
    reference = _reference(geometry, x, kernel, dy)
    inputs = {
        "forward": (x, kernel),
        "input_gradient": (kernel, dy),
        "kernel_gradient": (x, dy),
    }
    for part, module in operation.PARTS.items():
        tensors = [tf.cast(t, "float32") for t in inputs[part]]
        for name, algorithm in module.candidates(geometry).items():
            result = algorithm(geometry, *tensors)
            np.testing.assert_allclose(
                result, reference[part], 1e-4, 1e-4, err_msg=f"{part} {name}"
            )


@pytest.mark.parametrize("sizes", [SIZES[3], SIZES[5], SIZES[7]])
def test_every_algorithm_in_bfloat16_is_close_to_the_definition(sizes):
    geometry = _geometry(sizes, "bfloat16")
    x, kernel, dy = (
        tf.cast(t, "bfloat16").numpy().astype("f8") for t in _tensors(geometry)
    )
    reference = _reference(geometry, x, kernel, dy)
    inputs = {
        "forward": (x, kernel),
        "input_gradient": (kernel, dy),
        "kernel_gradient": (x, dy),
    }
    for part, module in operation.PARTS.items():
        tensors = [tf.cast(t, "bfloat16") for t in inputs[part]]
        assert "float32" in module.candidates(geometry)
        for name, algorithm in module.candidates(geometry).items():
            result = algorithm(geometry, *tensors)
            assert result.dtype == tf.bfloat16
            difference = tf.cast(result, "float64") - reference[part]
            largest = np.abs(reference[part]).max()
            assert np.abs(difference).max() < 0.03 * largest, (part, name)


def test_compiled_algorithm_accepts_any_number_of_images():
    geometry = _geometry(SIZES[5])
    for images in (1, 3):
        sized = geometry.with_images(images)
        x, kernel, dy = _tensors(sized)
        expected = _reference(sized, x, kernel, dy)["forward"]
        x, kernel = (tf.cast(t, "float32") for t in (x, kernel))
        compiled = operation.compile_algorithm(sized, "forward", "im2col")
        np.testing.assert_allclose(compiled(x, kernel), expected, 1e-4, 1e-4)
    other = operation.compile_algorithm(geometry, "forward", "im2col")
    assert compiled is other


def test_convolve_has_the_gradients_of_the_chosen_algorithms():
    geometry = _geometry(SIZES[5])
    x, kernel, _ = (tf.cast(t, "float32") for t in _tensors(geometry))
    choice = {
        "forward": "products",
        "input_gradient": "flipped",
        "kernel_gradient": "im2col",
    }
    functions = operation.choose(geometry, choice)
    results = value_and_gradients(
        lambda x, k: operation.convolve(x, k, functions), x, kernel
    )
    expected = value_and_gradients(
        lambda x, k: tf.nn.conv2d(x, k, 1, "SAME"), x, kernel
    )
    for a, b in zip(results, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-4)
