import numpy as np
import pytest

from seal_tf import models
from seal_tf.cli.train.initial_weights import load_initial_weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A file of a network whose weights are all different from initial ones."""
    network = models.build("small", (16, 16, 3), 4)
    network.set_weights([w + 1 for w in network.get_weights()])
    path = tmp_path_factory.mktemp("trained") / "model.keras"
    network.save(path)
    return path, network


def test_load_initial_weights_same_classes_copies_every_weight(trained):
    path, network = trained
    model = models.build("small", (16, 16, 3), 4)
    load_initial_weights(model, path)
    for mine, theirs in zip(model.weights, network.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_load_initial_weights_other_classes_keeps_the_new_classifier(
    trained, capsys
):
    path, network = trained
    model = models.build("small", (16, 16, 3), 5)
    initial = {w.path: w.numpy() for w in model.weights}
    load_initial_weights(model, path)
    assert "5 classes here and 4 in the file" in capsys.readouterr().out
    for mine, theirs in zip(model.weights, network.weights, strict=True):
        in_classifier = mine.path.startswith("predictions/")
        expected = initial[mine.path] if in_classifier else theirs
        np.testing.assert_array_equal(mine, expected)


@pytest.mark.parametrize(
    "arch,shape,message",
    [
        ("cifar_resnet8", (16, 16, 3), r"weights here, \d+ there|has shape"),
        ("small", (16, 16, 1), r"conv1_conv/kernel has shape \(3, 3, 1, 16\)"),
    ],
)
def test_load_initial_weights_other_network_is_an_error(
    trained, arch, shape, message
):
    model = models.build(arch, shape, 5)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        load_initial_weights(model, trained[0])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
