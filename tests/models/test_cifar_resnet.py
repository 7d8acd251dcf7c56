"""ResNets for small images."""

import keras
import numpy as np

from seal_tf import models


def test_cifar_resnet_shortcut_subsamples_and_pads_with_zeros():
    model = models.build("cifar_resnet8", (8, 8, 3), 5)
    add = model.get_layer("conv3_block1_add")
    taps = keras.Model(
        model.inputs[0],
        [model.get_layer("conv2_block1_out").output, add.input[0]],
    )
    image = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    block, shortcut = (t.numpy() for t in taps(image))
    np.testing.assert_allclose(shortcut[..., 8:24], block[:, ::2, ::2])
    assert not shortcut[..., :8].any()
    assert not shortcut[..., 24:].any()
