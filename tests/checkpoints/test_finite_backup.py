"""The weights that a diverged run goes back to."""

import tempfile

import keras
import numpy as np
import pytest

from seal_tf.checkpoints.finite_backup import FiniteWeightsBackup


def _model(dtype):
    model = keras.Sequential([keras.layers.Dense(3, dtype=dtype)])
    model.build((None, 2))
    return model


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("disk", [True, False])
def test_what_was_kept_comes_back(dtype, disk, monkeypatch, recwarn):
    def full(*_, **__):
        raise OSError("no space left")

    if not disk:
        monkeypatch.setattr(tempfile, "TemporaryFile", full)
    model, kept = _model(dtype), FiniteWeightsBackup()
    assert not kept.put_back(model)
    expected = model.get_weights()
    assert kept.keep(model)
    broken = [np.full_like(w, np.nan) for w in expected]
    model.set_weights(broken)
    assert not kept.are_finite(model)
    assert not kept.keep(model)
    assert kept.put_back(model)
    for a, b in zip(model.get_weights(), expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    del kept
    assert not [w for w in recwarn if "Unraisable" in str(w.category)]


def test_what_never_was_finite_need_not_become_so():
    model, kept = _model("float32"), FiniteWeightsBackup()
    kernel, bias = model.get_weights()
    model.set_weights([kernel, np.full_like(bias, -np.inf)])
    assert kept.keep(model)
    assert kept.keep(model)
    model.set_weights([kernel * np.nan, bias])
    assert not kept.keep(model)
