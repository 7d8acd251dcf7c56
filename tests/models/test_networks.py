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
    ],
)
def test_parameters_as_in_torchvision(arch, classes, count):
    model = models.build(arch, (64, 64, 3), classes)
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
        ("resnet5", (8, 8, 3), "no network 'resnet5'.*did you mean resnet50"),
        ("layers", (8, 8, 3), "no network 'layers'"),
    ],
)
def test_refused(arch, shape, message):
    with pytest.raises(ValueError, match=message):
        models.build(arch, shape, 5)
