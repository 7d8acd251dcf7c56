"""Every public class through `keras.saving`, as JSON and back."""

import inspect
import json

import keras
import numpy as np
import pytest

import seal_tf
from seal_tf import GenerationCallback, SEALCallback
from tests import methods
from tests.training import nets

#: Of each public class, one that differs from the defaults.
MADE = {
    "AnnealedAscentCallback": lambda: seal_tf.AnnealedAscentCallback(
        p0=0.3, q=2.0, seed=4, generations=2
    ),
    "FastOps": lambda: seal_tf.FastOps(),
    "FreezeOutCallback": lambda: seal_tf.FreezeOutCallback(
        0.6, "linear", False, grouping="layers", learning_rate=0.1
    ),
    "GenerationCallback": lambda: GenerationCallback(
        methods.COMPOSITIONS["seal+snapshots"](), snapshot_dir="kept"
    ),
    "LLFCallback": lambda: seal_tf.LLFCallback(
        2, split_at="second", reinit="initializer", seed=3, warmup_epochs=1
    ),
    "SEALCallback": lambda: SEALCallback(
        2,
        split_at="second",
        ascent_scale="auto",
        retain=0.4,
        checkpoint_dir="s",
    ),
    "SEALModel": lambda: seal_tf.SEALModel(
        *(lambda m: (m.inputs, m.outputs))(nets.functional())
    ),
    "SnapshotCallback": lambda: seal_tf.SnapshotCallback(
        4, learning_rate=0.1, snapshot_dir="kept"
    ),
}
#: A mixin, and one that belongs to the callback that it is given.
NOT_ON_THEIR_OWN = {"SEALTrainStep", "GenerationTensorBoard"}


def _plain(made):
    return json.loads(json.dumps(keras.saving.serialize_keras_object(made)))


def _twin(made):
    return keras.saving.deserialize_keras_object(_plain(made))


def test_all_are_here():
    classes = {
        name
        for name in seal_tf.__all__
        if inspect.isclass(getattr(seal_tf, name))
    }
    assert classes == MADE.keys() | NOT_ON_THEIR_OWN


@pytest.mark.parametrize("name", MADE)
def test_round_trip(name):
    made = MADE[name]()
    twin = _twin(made)
    assert type(twin) is type(made)
    assert _plain(twin) == _plain(made)
    if hasattr(made, "schedule"):
        assert twin.schedule == made.schedule


@pytest.mark.parametrize("name", [*methods.METHODS, *methods.COMPOSITIONS])
def test_every_schedule(name):
    schedule = {**methods.METHODS, **methods.COMPOSITIONS}[name]()
    assert _twin(GenerationCallback(schedule)).schedule == schedule


def test_a_twin_trains_the_same():
    x, y = nets.data()

    def weights(callback):
        keras.utils.set_random_seed(2)
        model = nets.compiled(nets.functional())
        model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
        return model.get_weights()

    made = SEALCallback(generations=2, split_at="second", ascent_scale=0.5)
    for a, b in zip(weights(_twin(made)), weights(made), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_json_cannot_hold_is_said():
    made = SEALCallback(generations=2, split_at=lambda layer: True)
    with pytest.raises(ValueError, match="split_at is a function"):
        made.get_config()
    with pytest.raises(ValueError, match="no method 'other' here"):
        GenerationCallback.from_config({"schedule": [{"method": "other"}]})
