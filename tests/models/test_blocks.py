"""Convolution blocks."""

import keras
import numpy as np
import pytest

from seal_tf.models import blocks


def test_conv_with_stride_pads_as_pytorch():
    inputs = keras.Input((6, 6, 2))
    model = keras.Model(inputs, blocks.conv(inputs, 4, 3, 2, "c"))
    image = np.random.default_rng(0).normal(size=(1, 6, 6, 2)).astype("f4")
    output = model(image).numpy()
    assert output.shape == (1, 3, 3, 4)
    padded = np.pad(image[0], [(1, 1), (1, 1), (0, 0)])
    kernel = model.get_layer("c_conv").kernel.numpy()
    np.testing.assert_allclose(
        output[0, 0, 0], np.tensordot(padded[:3, :3], kernel, 3), atol=1e-5
    )


@pytest.mark.parametrize(
    ("block", "channels"),
    [(blocks.basic_block, 8), (blocks.bottleneck_block, 32)],
)
def test_blocks_with_stride_halve_the_map(block, channels):
    output = block(keras.Input((8, 8, 4)), 8, 2, "b")
    assert output.shape == (None, 4, 4, channels)


def test_add_classifier_under_mixed_precision_outputs_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    inputs = keras.Input((4, 4, 3))
    features = blocks.conv(inputs, 4, 3, 1, "c")
    model = blocks.add_classifier(inputs, features, 5, "net")
    assert model.name == "net"
    assert features.dtype == "bfloat16"
    assert model.output.dtype == "float32"
