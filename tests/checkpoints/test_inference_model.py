"""Models that are saved without their optimizer."""

import errno

import keras
import numpy as np
import pytest

from seal_tf.checkpoints.inference_model import save_inference_model
from tests.training import nets


def test_save_inference_model_omits_the_optimizer_and_keeps_the_model(tmp_path):
    model = nets.compiled(nets.functional())
    optimizer = model.optimizer
    path = tmp_path / "new" / "m.keras"
    save_inference_model(model, path)
    loaded = keras.saving.load_model(path)
    assert not loaded.compiled
    assert model.compiled
    assert model.optimizer is optimizer
    assert list(path.parent.iterdir()) == [path]
    for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_save_inference_model_that_fails_names_the_file_and_keeps_the_old(
    tmp_path, monkeypatch
):
    model = nets.compiled(nets.functional())
    path = tmp_path / "m.keras"
    save_inference_model(model, path)
    before = path.read_bytes()

    def fail(self, file):
        file.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", fail)
    with pytest.raises(OSError, match=r"No space left .*m\.keras"):
        save_inference_model(model, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert model.compiled
