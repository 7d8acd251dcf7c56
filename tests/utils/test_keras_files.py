"""Loading .keras files."""

import keras
import numpy as np
import pytest

from seal_tf.utils.keras_files import load_keras_model, read_loss


def test_load_keras_model_returns_uncompiled_model(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    model.save(tmp_path / "m.keras")
    loaded = load_keras_model(tmp_path / "m.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(
        loaded.get_weights()[0], model.get_weights()[0]
    )


def test_load_keras_model_with_bad_file_names_the_argument(tmp_path):
    (tmp_path / "m.keras").write_text("no")
    with pytest.raises(ValueError, match="`init_from` .* init_from=.*m.keras"):
        load_keras_model(tmp_path / "m.keras", "init_from")


def test_read_loss_reads_the_serialized_loss(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    file = tmp_path / "m.keras"
    model.save(file)
    assert read_loss(file) is None
    model.compile("sgd", "mse")
    model.save(file)
    assert read_loss(file) == "mse"
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    model.save(file)
    loss = read_loss(file)
    assert loss["class_name"] == "BinaryCrossentropy"
    assert loss["config"]["from_logits"] is True
    file.write_text("no archive")
    assert read_loss(file) is None
