"""Exported networks that several tests read."""

import keras
import pytest

from seal_tf.probes.export import export_model
from seal_tf.probes.network import load_network


def small_model(seed=0):
    """Return a model of 8x8 images in three classes."""
    keras.utils.set_random_seed(seed)
    convs = [keras.layers.Conv2D(3, 3, name=f"c{i}") for i in range(3)]
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            *convs,
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def export_small(model, path, scale=1.0):
    """Export a model of `small_model`; return the network."""
    export_model(
        model,
        path,
        normalize=lambda x: keras.ops.cast(x, "float32") * scale,
        card={"classes": ["a", "b", "c"]},
    )
    return load_network(path)


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """(model, network) that tests only read."""
    model = small_model()
    path = tmp_path_factory.mktemp("network") / "export"
    return model, export_small(model, path)
