"""Networks in the reference's form."""

import keras
import numpy as np
import pytest

from seal_tf import models
from seal_tf.training.groups import partition


def _trainable(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


@pytest.mark.parametrize(
    "arch,classes,count",
    [
        # torchvision's 25,557,032 and 11,689,512, less and plus classes.
        ("resnet50", 200, 23_917_832),
        ("resnet18", 1000, 11_689_512),
        ("resnet18", 200, 11_689_512 - 800 * 513),
        # PyTorch's own of the papers: ResNet-110 1.7M, DenseNet-BC 0.8M,
        # DenseNet-40 1.0M, WRN-28-10 36.5M parameters, on 10 classes.
        ("cifar_resnet110", 10, 1_727_962),
        ("densenet_bc100_12", 10, 769_162),
        ("densenet40_12", 10, 1_019_722),
        ("wide_resnet28_10", 10, 36_479_194),
    ],
)
def test_parameters_as_in_torchvision(arch, classes, count):
    size = 64 if arch.startswith("resnet") else 32
    model = models.build(arch, (size, size, 3), classes)
    assert _trainable(model) == count


@pytest.mark.parametrize("arch", ["resnet18", "resnet50", "small"])
def test_reference_form(arch):
    model = models.build(arch, (64, 64, 3), 5)
    norms = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert {(n.momentum, n.epsilon) for n in norms} == {(0.9, 1e-5)}
    assert all((n.gamma.numpy() == 1).all() for n in norms)
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
    # No two layers of one shape begin alike.
    seen = {}
    for kernel in kernels:
        seen.setdefault(tuple(kernel.shape), []).append(kernel.numpy())
    for same in seen.values():
        for other in same[1:]:
            assert not np.array_equal(same[0], other)


@pytest.mark.parametrize("arch", ["resnet18", "resnet50", "small"])
def test_ready_split_cuts_before_the_third_stage(arch):
    model = models.build(arch, (64, 64, 3), 5)
    early, later = partition(model, models.ready_split(arch)).layer_names()
    assert early[0] == "conv1_conv"
    assert all(n.startswith(("conv1", "conv2", "conv3")) for n in early)
    assert all(n.startswith(("conv4", "conv5", "predictions")) for n in later)


def test_resnet18_pads_as_pytorch_does():
    """First convolution by hand, on a corner that tells the paddings apart."""
    model = models.build("resnet18", (64, 64, 3), 5)
    image = np.random.default_rng(0).normal(size=(1, 64, 64, 3))
    conv = model.get_layer("conv1_conv")
    got = keras.Model(model.inputs, conv.output)(image).numpy()
    assert got.shape == (1, 32, 32, 64)
    padded = np.pad(image, [(0, 0), (3, 3), (3, 3), (0, 0)])[0]
    kernel = conv.kernel.numpy()
    for row, column in ((0, 0), (31, 31), (5, 9)):
        patch = padded[2 * row : 2 * row + 7, 2 * column : 2 * column + 7]
        want = np.tensordot(patch, kernel, 3)
        np.testing.assert_allclose(got[0, row, column], want, atol=1e-4)


@pytest.mark.parametrize(
    "arch", ["wide_resnet16_1", "densenet_bc22_12", "vgg16_bn"]
)
def test_networks_of_the_family(arch):
    """Logits, a split that cuts, groups that cover every weight."""
    model = models.build(arch, (32, 32, 3), 5)
    assert model.output_shape == (None, 5)
    cut = partition(model, models.ready_split(arch))
    assert all(cut.layer_names())
    cut = partition(model, None, models.ready_grouping(arch))
    assert len(cut.names) >= 3
    members = [v for leaves in cut.leaves for x in leaves for v in x.own]
    assert {id(v) for v in members} == {id(v) for v in model.weights}


def test_shortcut_without_parameters():
    """Every other pixel, zeros for the new channels (option A)."""
    model = models.build("cifar_resnet8", (8, 8, 3), 5)
    add = model.get_layer("conv3_block1_add")
    taps = keras.Model(
        model.inputs,
        [model.get_layer("conv2_block1_out").output, add.input[0]],
    )
    image = np.random.default_rng(0).normal(size=(2, 8, 8, 3))
    before, short = (t.numpy() for t in taps(image))
    np.testing.assert_allclose(short[..., 8:24], before[:, ::2, ::2])
    assert not short[..., :8].any()
    assert not short[..., 24:].any()


def test_small_takes_digits_and_photographs():
    for size, first in ((8, 8), (64, 32)):
        model = models.build("small", (size, size, 3), 5)
        blocks = [x for x in model.layers if x.name.endswith("_out")]
        sizes = [b.output.shape[1] for b in blocks]
        assert sizes == [first, first // 2, first // 4, first // 8]


def test_applications():
    model = models.build("EfficientNetB0", (64, 64, 3), 5)
    assert model.output_shape == (None, 5)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Rescaling):
            assert (layer.scale, layer.offset) == (1.0, 0.0)
    # Logits, not probabilities.
    out = models.build("MobileNetV2", (32, 32, 3), 5)(np.ones((1, 32, 32, 3)))
    assert abs(float(keras.ops.sum(out)) - 1) > 1e-3


@pytest.mark.parametrize(
    "arch,shape,message",
    [
        ("VGG16", (8, 8, 3), "at least 32x32 pixels; give --image_size=32"),
        ("resnet5", (8, 8, 3), "no network 'resnet5'.*did you mean resnet"),
        ("layers", (8, 8, 3), "no network 'layers'"),
        ("cifar_resnet21", (32, 32, 3), "6n \\+ 2 layers"),
        ("wide_resnet27_4", (32, 32, 3), "6n \\+ 4 layers"),
        ("densenet_bc41_12", (32, 32, 3), "6n \\+ 4 layers"),
        ("vgg16_bn", (8, 8, 3), "at least 32x32"),
    ],
)
def test_refused(arch, shape, message):
    with pytest.raises(ValueError, match=message):
        models.build(arch, shape, 5)


@pytest.mark.parametrize(
    "name",
    ["resnet18", pytest.param("resnet50_v2", marks=pytest.mark.slow)],
)
def test_keras_cv(name):
    """For as long as it installs: the extra `cv`."""
    pytest.importorskip("keras_cv")
    model = models.build(f"keras_cv:{name}", (32, 32, 3), 5)
    assert model.output_shape == (None, 5)
    cut = partition(model, models.ready_split(f"keras_cv:{name}"))
    assert all(any(leaf.own for leaf in side) for side in cut.leaves)
    with pytest.raises(ValueError, match="did you mean resnet18"):
        models.build("keras_cv:resnet_18", (32, 32, 3), 5)
