"""DenseNets for small images."""

from seal_tf.models.densenet import densenet, densenet_bc


def test_densenet_transitions_without_bottleneck_keep_channels():
    model = densenet((16, 16, 3), 5, 10, 12)
    assert model.name == "densenet10_12"
    assert model.get_layer("pool2_conv").output.shape[-1] == 16 + 2 * 12


def test_densenet_bc_transitions_halve_channels():
    model = densenet_bc((16, 16, 3), 5, 16, 12)
    assert model.name == "densenet_bc16_12"
    assert model.get_layer("pool2_conv").output.shape[-1] == 24
