"""Test images that networks were trained on."""

import json

import pytest

from seal_tf.cli.data import DataSettings
from seal_tf.cli.probe.networks import find_networks
from seal_tf.cli.probe.trained_images import describe_trained_images


@pytest.fixture
def network(tmp_path):
    def create(**flags):
        export = tmp_path / "x"
        export.mkdir(exist_ok=True)
        (export / "saved_model.pb").touch()
        (export / "card.json").write_text(json.dumps({"flags": flags}))
        return find_networks([export])

    return create


def describe(networks, data_dir, split_fraction=None):
    data = DataSettings("image_folder", data_dir, split_fraction=split_fraction)
    return describe_trained_images(networks, data)


def test_describe_trained_images_of_a_larger_fraction(network):
    networks = network(
        dataset="image_folder", data_dir="here/a.zip", split_fraction=0.1
    )
    (line,) = describe(networks, "there/a.zip")
    assert line == (
        "x: trained with --split_fraction=0.1 (here: 0.2). If a is the same "
        "folder, some of these test images were training images: add "
        "--split_fraction=0.1"
    )
    assert describe(networks, "there/a.zip", 0.1) == []
    assert describe(networks, "there/a.zip", 0.05) == []
    assert describe(networks, "there/b.zip") == []


@pytest.mark.parametrize(
    ("trained", "probed", "lines"),
    [
        ({"classes": 20}, {"skip_classes": 20}, 0),
        ({"classes": 20}, {"skip_classes": 19}, 1),
        ({"skip_classes": 20}, {"classes": 20}, 0),
        ({"skip_classes": 20}, {"classes": 21}, 1),
        ({"classes": None, "skip_classes": 0}, {"skip_classes": 20}, 1),
    ],
)
def test_describe_trained_images_of_common_classes(
    network, trained, probed, lines
):
    networks = network(
        dataset="image_folder", data_dir="a", split_fraction=0.1, **trained
    )
    data = DataSettings("image_folder", "a", **probed)
    assert len(describe_trained_images(networks, data)) == lines


def test_describe_trained_images_of_other_networks_is_empty(network):
    for flags in (
        {"dataset": "image_folder", "data_dir": "a", "split_fraction": None},
        {"dataset": "digits", "data_dir": None, "split_fraction": None},
        {},
    ):
        assert describe(network(**flags), "a") == []
    networks = network(dataset="image_folder", data_dir="a", split_fraction=0.1)
    digits = DataSettings("digits")
    assert describe_trained_images(networks, digits) == []
