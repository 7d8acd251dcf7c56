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

#: One object of each public class, with settings that are not the defaults.
OBJECTS = {
    "AnnealedAscentCallback": lambda: seal_tf.AnnealedAscentCallback(
        p0=0.3, q=2.0, seed=4, generations=2
    ),
    "DistillCallback": lambda: seal_tf.DistillCallback(
        3, alpha=0.3, temperature=2.0, teacher="ensemble", warmup_epochs=1
    ),
    "FastOps": lambda: seal_tf.FastOps(),
    "UnbiasedBatchNorm": lambda: seal_tf.UnbiasedBatchNorm(),
    "FreezeOutCallback": lambda: seal_tf.FreezeOutCallback(
        0.6, "linear", False, grouping="layers", learning_rate=0.1
    ),
    "GenerationCallback": lambda: GenerationCallback(
        methods.COMPOSITIONS["seal+snapshots"](), snapshot_dir="snapshots"
    ),
    "LLFCallback": lambda: seal_tf.LLFCallback(
        2, split_at="second", reinit="initializer", seed=3, warmup_epochs=1
    ),
    "L2ScheduleCallback": lambda: seal_tf.L2ScheduleCallback(
        "constant", 0.5, 1.0, checkpoint_dir="s"
    ),
    "LayerRatesCallback": lambda: seal_tf.LayerRatesCallback(
        0.7, {"first": 0.5}, depth="layers"
    ),
    "SAMCallback": lambda: seal_tf.SAMCallback(0.2),
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
    "ShrinkPerturbCallback": lambda: seal_tf.ShrinkPerturbCallback(
        2, shrink=0.5, perturb=0.2, layers="later", split_at="second", seed=3
    ),
    "SWACallback": lambda: seal_tf.SWACallback(
        4, average="generations", count=2, learning_rate=0.1, min_rate=0.02
    ),
    "SnapshotCallback": lambda: seal_tf.SnapshotCallback(
        4, learning_rate=0.1, snapshot_dir="snapshots"
    ),
}
#: A mixin, and a callback that belongs to another callback.
NOT_SERIALIZABLE = {"SEALTrainStep", "GenerationTensorBoard"}


def _to_json(value):
    return json.loads(json.dumps(keras.saving.serialize_keras_object(value)))


def _copy(value):
    return keras.saving.deserialize_keras_object(_to_json(value))


@pytest.mark.tensorflow
def test_objects_include_every_public_class():
    classes = {
        name
        for name in seal_tf.__all__
        if inspect.isclass(getattr(seal_tf, name))
    }
    assert classes == OBJECTS.keys() | NOT_SERIALIZABLE


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", OBJECTS)
def test_public_object_from_json_has_the_same_settings(name):
    value = OBJECTS[name]()
    copy = _copy(value)
    assert type(copy) is type(value)
    assert _to_json(copy) == _to_json(value)
    if hasattr(value, "schedule"):
        assert copy.schedule == value.schedule


@pytest.mark.parametrize("name", methods.ALL)
def test_generation_callback_from_json_has_the_same_schedule(name):
    schedule = methods.ALL[name]()
    assert _copy(GenerationCallback(schedule)).schedule == schedule


def test_callback_from_json_trains_the_same():
    x, y = nets.data()

    def train(callback):
        keras.utils.set_random_seed(2)
        model = nets.compiled(nets.functional())
        model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
        return model.get_weights()

    callback = SEALCallback(generations=2, split_at="second", ascent_scale=0.5)
    for a, b in zip(train(_copy(callback)), train(callback), strict=True):
        np.testing.assert_array_equal(a, b)


def test_get_config_with_function_names_the_argument():
    callback = SEALCallback(generations=2, split_at=lambda layer: True)
    with pytest.raises(ValueError, match="`split_at` that is a function"):
        callback.get_config()


def test_from_config_with_unknown_method_raises():
    with pytest.raises(ValueError, match="'other' is not registered"):
        GenerationCallback.from_config({"schedule": [{"method": "other"}]})
