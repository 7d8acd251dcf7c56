"""The weights that a diverged run restores."""

import tempfile

import keras
import numpy as np
import pytest

from seal_tf.checkpoints.finite_backup import FiniteWeightsBackup, is_finite


def _model(dtype):
    model = keras.Sequential([keras.layers.Dense(3, dtype=dtype)])
    model.build((None, 2))
    return model


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("disk", [True, False])
def test_restore_after_nan_returns_the_saved_weights(
    dtype, disk, monkeypatch, recwarn
):
    def full(*_, **__):
        raise OSError("no space left")

    if not disk:
        monkeypatch.setattr(tempfile, "TemporaryFile", full)
    model, backup = _model(dtype), FiniteWeightsBackup()
    assert not backup.restore(model)
    expected = model.get_weights()
    assert backup.save(model)
    model.set_weights([np.full_like(w, np.nan) for w in expected])
    assert not backup.are_finite(model)
    assert not backup.save(model)
    assert backup.restore(model)
    for a, b in zip(model.get_weights(), expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    del backup
    assert not [w for w in recwarn if "Unraisable" in str(w.category)]


def test_save_exempts_weights_that_were_never_finite():
    model, backup = _model("float32"), FiniteWeightsBackup()
    kernel, bias = model.get_weights()
    model.set_weights([kernel, np.full_like(bias, -np.inf)])
    assert backup.save(model)
    assert backup.save(model)
    model.set_weights([kernel * np.nan, bias])
    assert not backup.save(model)


def test_is_finite_of_missing_loss_is_true():
    assert is_finite(None)
    assert is_finite(np.float32(1))
    assert not is_finite(float("nan"))
    assert not is_finite(float("inf"))
