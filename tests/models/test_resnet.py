"""ResNets with the ImageNet stem."""

import keras
import numpy as np

from seal_tf import models


def test_resnet18_first_convolution_pads_as_pytorch():
    """Corner outputs differ between the paddings."""
    model = models.build("resnet18", (64, 64, 3), 5)
    image = np.random.default_rng(0).normal(size=(1, 64, 64, 3))
    conv = model.get_layer("conv1_conv")
    output = keras.Model(model.inputs[0], conv.output)(image).numpy()
    assert output.shape == (1, 32, 32, 64)
    padded = np.pad(image, [(0, 0), (3, 3), (3, 3), (0, 0)])[0]
    kernel = conv.kernel.numpy()
    for row, column in ((0, 0), (31, 31), (5, 9)):
        patch = padded[2 * row : 2 * row + 7, 2 * column : 2 * column + 7]
        expected = np.tensordot(patch, kernel, 3)
        np.testing.assert_allclose(output[0, row, column], expected, atol=1e-4)
