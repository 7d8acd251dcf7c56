"""Loading .keras files."""

import keras
import numpy as np
import pytest

from seal_tf.utils.keras_files import load_keras_model


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
