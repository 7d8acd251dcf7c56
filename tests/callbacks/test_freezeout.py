"""FreezeOut as a callback: frozen groups do not change."""

import keras
import numpy as np
import pytest

from seal_tf import FreezeOutCallback, GenerationCallback
from seal_tf.schedules import FreezeOut
from tests import methods
from tests.callbacks.block_fits import (
    WeightRecorder,
    compiled_blocks,
    fit_schedule,
)


def test_frozen_groups_do_not_change_at_all(digits):
    """No step, no L2, no momentum; the statistics of BN stay."""
    recorder = WeightRecorder()
    _, callback = fit_schedule(
        compiled_blocks(),
        methods.METHODS["freezeout"](),
        digits,
        callbacks=[recorder],
    )
    layers = callback.plan.layers
    assert max(e.frozen for e in callback.plan) >= 2
    for e in callback.plan:
        frozen = {n for names in layers[: e.frozen] for n in names}
        for path, before in recorder.begin[e.epoch].items():
            changed = (before != recorder.end[e.epoch][path]).any()
            if path.split("/")[0] in frozen:
                assert not changed, (e.epoch, path)
    # Other groups change while they have a rate.
    assert any(
        (recorder.begin[1][p] != recorder.end[1][p]).any()
        for p in recorder.begin[1]
        if p.startswith("conv5")
    )


def test_freezeout_callback_trains(digits):
    history = compiled_blocks().fit(
        *digits, 16, epochs=4, verbose=0, callbacks=[FreezeOutCallback(t0=0.5)]
    )
    assert len(history.history["later_rate"]) == 4


@pytest.mark.tensorflow
def test_freezeout_of_unbuilt_model_raises():
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(4)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="not built: call"):
        model.fit(
            np.ones((8, 4)),
            np.ones((8, 4)),
            verbose=0,
            callbacks=[GenerationCallback(FreezeOut())],
        )
