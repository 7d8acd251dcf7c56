"""SEAL as a callback: the paper's schedule of the rate."""

import math

import numpy as np
import pytest

from seal_tf import SEALCallback
from tests.training import nets


def test_seal_callback_with_learning_rate_follows_the_papers_schedule():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), "sgd")
    seal = SEALCallback(generations=2, split_at="second", learning_rate=0.5)
    history = model.fit(x, y, 16, epochs=16, verbose=0, callbacks=[seal])
    # E = 8: one epoch of warm-up, then half a cosine over seven.
    once = [0.5] + [0.25 * (1 + math.cos(math.pi * e / 7)) for e in range(7)]
    np.testing.assert_allclose(
        history.history["later_rate"], once * 2, rtol=1e-5
    )


def test_seal_callback_passes_every_argument_to_the_schedule():
    callback = SEALCallback(
        epochs_per_generation=4,
        ascent_epochs=2,
        first_generation=1,
        ascent_scale="auto",
        retain=0.3,
        split_at="second",
        reset_optimizer=False,
        learning_rate=0.2,
        warmup_epochs=1,
        decay_epochs=2,
    )
    config = callback.get_config()
    assert config == {
        "generations": None,
        "epochs_per_generation": 4,
        "ascent_epochs": 2,
        "first_generation": 1,
        "ascent_scale": "auto",
        "retain": 0.3,
        "split_at": "second",
        "reset_optimizer": False,
        "learning_rate": 0.2,
        "warmup_epochs": 1,
        "decay_epochs": 2,
        "checkpoint_dir": None,
    }
    assert callback.schedule.retain == 0.3


@pytest.mark.tensorflow
def test_seal_callback_in_eager_mode_trains_models_that_read_values():
    class ReadsValues(nets.Subclassed):
        def call(self, x, training=False):
            assert x.numpy().ndim == 2
            return super().call(x, training=training)

    x, y = nets.data()
    model = nets.compiled(ReadsValues(), run_eagerly=True)
    seal = SEALCallback(generations=2, split_at="second")
    with pytest.warns(UserWarning, match="first, norm, second, third"):
        history = model.fit(x, y, epochs=2, verbose=0, callbacks=[seal]).history
    assert history["ascent"] == [0, 1]
