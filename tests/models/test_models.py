"""`seal_tf.models.build`, over all architectures."""

import keras
import numpy as np
import pytest

from seal_tf import models
from seal_tf.training.layer_groups import partition


def trainable_parameters(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


@pytest.mark.parametrize(
    ("arch", "classes", "count"),
    [
        # torchvision has 25,557,032 and 11,689,512 with 1,000 classes.
        ("resnet50", 200, 23_917_832),
        ("resnet18", 1000, 11_689_512),
        ("resnet18", 200, 11_689_512 - 800 * 513),
        # The papers' implementations, with 10 classes: ResNet-110 1.7M,
        # DenseNet-BC 0.8M, DenseNet-40 1.0M, WRN-28-10 36.5M parameters.
        ("cifar_resnet110", 10, 1_727_962),
        ("densenet_bc100_12", 10, 769_162),
        ("densenet40_12", 10, 1_019_722),
        ("wide_resnet28_10", 10, 36_479_194),
    ],
)
def test_build_parameter_count_equals_reference(arch, classes, count):
    size = 64 if arch.startswith("resnet") else 32
    model = models.build(arch, (size, size, 3), classes)
    assert trainable_parameters(model) == count


@pytest.mark.parametrize("arch", ["resnet18", "resnet50", "small"])
def test_build_layers_follow_reference(arch):
    model = models.build(arch, (64, 64, 3), 5)
    norm_layers = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert {(n.momentum, n.epsilon) for n in norm_layers} == {(0.9, 1e-5)}
    assert all((n.gamma.numpy() == 1).all() for n in norm_layers)
    convs = [x for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    assert not any(c.use_bias for c in convs)
    for conv in convs:
        if conv.strides == (2, 2) and arch == "resnet50":
            assert conv.kernel_size[0] in (3, 7) or "_0_" in conv.name
    kernels = [x.kernel for x in [*convs, model.layers[-1]]]
    for kernel in kernels:
        fan_in = int(np.prod(kernel.shape[:-1]))
        spread = kernel.numpy().std() / np.sqrt(2 / fan_in)
        assert 0.8 < spread < 1.2, kernel.path
    # No two layers of one shape have the same initial values.
    by_shape = {}
    for kernel in kernels:
        by_shape.setdefault(tuple(kernel.shape), []).append(kernel.numpy())
    for same_shape in by_shape.values():
        for other in same_shape[1:]:
            assert not np.array_equal(same_shape[0], other)


@pytest.mark.parametrize("arch", ["resnet18", "resnet50", "small"])
def test_default_split_of_resnets_is_before_third_stage(arch):
    model = models.build(arch, (64, 64, 3), 5)
    early, later = partition(model, models.default_split(arch)).layer_names()
    assert early[0] == "conv1_conv"
    assert all(n.startswith(("conv1", "conv2", "conv3")) for n in early)
    assert all(n.startswith(("conv4", "conv5", "predictions")) for n in later)


@pytest.mark.parametrize(
    "arch", ["wide_resnet16_1", "densenet_bc22_12", "vgg16_bn"]
)
def test_build_family_member_has_split_and_groups(arch):
    model = models.build(arch, (32, 32, 3), 5)
    assert model.output_shape == (None, 5)
    layout = partition(model, models.default_split(arch))
    assert all(layout.layer_names())
    layout = partition(model, None, models.default_grouping(arch))
    assert len(layout.names) >= 3
    members = [v for leaves in layout.leaves for x in leaves for v in x.own]
    assert {id(v) for v in members} == {id(v) for v in model.weights}


@pytest.mark.parametrize(
    ("arch", "shape", "message"),
    [
        ("VGG16", (8, 8, 3), "`image_size` must be at least 32 for VGG16"),
        ("resnet5", (8, 8, 3), "arch=resnet5; did you mean resnet"),
        ("layers", (8, 8, 3), "arch=layers"),
        ("cifar_resnet21", (32, 32, 3), "6n \\+ 2 layers"),
        ("wide_resnet27_4", (32, 32, 3), "6n \\+ 4 or 6n"),
        ("densenet_bc41_12", (32, 32, 3), "6n \\+ 4 layers"),
        ("vgg16_bn", (8, 8, 3), "`image_size` must be at least 32"),
    ],
)
def test_build_with_bad_argument_raises(arch, shape, message):
    with pytest.raises(ValueError, match=message):
        models.build(arch, shape, 5)


@pytest.mark.parametrize("arch", ["resnet51", "cifar_resnet21", "MobileNet9"])
def test_check_architecture_of_unknown_name_raises(arch):
    with pytest.raises(ValueError, match=f"arch={arch}"):
        models.check_architecture(arch)
    models.check_architecture("MobileNetV2")
