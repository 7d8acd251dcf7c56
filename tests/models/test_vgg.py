"""VGG-16 with batch normalization."""

import keras

from seal_tf.models.vgg import vgg16_bn


def test_vgg16_bn_has_thirteen_convolutions_and_one_dense_layer():
    model = vgg16_bn((32, 32, 3), 5)
    kinds = [type(layer) for layer in model.layers]
    assert kinds.count(keras.layers.Conv2D) == 13
    assert kinds.count(keras.layers.BatchNormalization) == 13
    assert kinds.count(keras.layers.Dense) == 1
