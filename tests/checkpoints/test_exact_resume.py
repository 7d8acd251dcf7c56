"""Cut anywhere and gone on with: the same run, to the last bit."""

import keras
import numpy as np
import pytest

import pipelines
from seal_tf import GenerationCallback
from seal_tf.checkpoints import serialization
from seal_tf.checkpoints.variables import values
from tests import methods
from tests.training import nets

pytestmark = pytest.mark.usefixtures("deterministic")
BATCH = 16


@pytest.fixture(scope="module")
def digits():
    # 40 images: the third batch of an epoch is half of one.
    return pipelines.read("digits", "train", classes=4, images_per_class=10)


def _model(policy="float32"):
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy(policy)
    base = nets.blocks()
    # A layer with a random state of its own.
    out = keras.layers.Dropout(0.2)(base.output)
    model = keras.Model(base.inputs, out)
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    return model


class _Take(keras.callbacks.Callback):
    """Writes the state at chosen moments: steps, epochs' ends, validation."""

    def __init__(self, generations, folder, steps=(), epochs=()):
        super().__init__()
        self._generations, self._folder = generations, folder
        self._steps, self._epochs = steps, epochs
        self.taken = []

    def _take(self, epoch, step=0, metrics=None):
        file = self._folder / f"{epoch}_{step}.npz"
        state = self._generations.state(epoch, step, metrics)
        checkpoint.write(file, state)
        self.taken.append(file)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self._epoch, batch + 1) in self._steps and batch + 1 < 3:
            self._take(self._epoch, batch + 1)

    def on_test_begin(self, logs=None):
        if (self._epoch, 3) in self._steps:
            counted = values(self.model.metrics_variables)
            self._take(self._epoch, 3, counted)

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 in self._epochs:
            self._take(epoch + 1)


def _run(images, schedule, folder, file=None, model=None, **taken):
    """One process's part of a run; returns (weights, logs by epoch, files)."""
    state = None if file is None else serialization.read_state(file)
    model = model or _model()
    epoch, step = state.position if state else (0, 0)
    held = pipelines.evaluation_batches(images, 20)
    if step:
        model.test_on_batch(*next(iter(held)))
    generations = GenerationCallback(schedule, folder / "kept")
    generations.initial_state = state
    take = _Take(generations, folder, **taken)
    history = model.fit(
        pipelines.training_batches(
            images,
            BATCH,
            seed=5,
            epochs=methods.EPOCHS,
            first_epoch=epoch,
            first_step=step,
        ),
        steps_per_epoch=3,
        epochs=methods.EPOCHS,
        initial_epoch=epoch,
        shuffle=False,
        verbose=0,
        validation_data=held,
        callbacks=[generations, take],
    )
    optimizer = values(model.optimizer.variables)
    return model.get_weights() + optimizer, history.history, take.taken


def _same(whole, cut, epoch):
    """Weights, slots and what was logged after the cut, bit for bit."""
    for a, b in zip(whole[0], cut[0], strict=True):
        np.testing.assert_array_equal(a, b)
    for name, logged in whole[1].items():
        # A run that was cut as it ended has nothing more to log.
        assert logged[epoch:] == cut[1].get(name, []), name


def _cuts(name):
    """Every epoch's end, and steps of every kind of epoch.

    Of the quick ones `make test` takes a few; the others' are slow.
    """
    if name == "seal":
        # In ascent, in validation, where a generation ends.
        return {"steps": [(4, 1), (5, 3)], "epochs": [4]}
    if name in methods.QUICK:
        return {"steps": [(6, 2)]}
    return {
        "steps": [(1, 1), (4, 2), (5, 3), (7, 1)],
        "epochs": range(1, methods.EPOCHS + 1),
    }


@pytest.mark.parametrize("name", methods.parameters(quick=["seal+freezeout"]))
def test_cut_anywhere(name, digits, tmp_path):
    schedule = methods.ALL[name]
    whole = _run(digits, schedule(), tmp_path, **_cuts(name))
    kept = _snapshots(tmp_path)
    assert len(whole[2]) == sum(len(c) for c in _cuts(name).values())
    for file in whole[2]:
        cut = _run(digits, schedule(), tmp_path, file)
        _same(whole, cut, serialization.read_state(file).epoch)
    for a, b in zip(kept, _snapshots(tmp_path), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(methods.QUICK))
def test_cut_everywhere(name, digits, tmp_path):
    steps = [(e, s) for e in range(methods.EPOCHS) for s in (1, 2, 3)]
    schedule = methods.ALL[name]
    whole = _run(digits, schedule(), tmp_path, steps=steps)
    for file in whole[2]:
        cut = _run(digits, schedule(), tmp_path, file)
        _same(whole, cut, serialization.read_state(file).epoch)


def _snapshots(folder):
    return [
        w
        for file in sorted(folder.glob("kept/*.keras"))
        for w in keras.saving.load_model(file).get_weights()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_loss_scale_goes_on(policy, digits, tmp_path):
    schedule = methods.ALL["seal"]
    whole = _run(
        digits, schedule(), tmp_path, model=_model(policy), steps=[(4, 2)]
    )
    model = _model(policy)
    cut = _run(digits, schedule(), tmp_path, whole[2][0], model=model)
    _same(whole, cut, 4)


def test_pure_bfloat16_weights_come_back(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    model = nets.blocks()
    model.compile("sgd", "mse")
    model.optimizer.build(model.trainable_variables)
    state = checkpoint.State(
        epoch=1,
        step=0,
        since_reset=0,
        past={},
        arrays={
            "model": values(model.variables),
            "optimizer": values(model.optimizer.variables),
        },
    )
    before = model.get_weights()
    checkpoint.write(tmp_path / "s.npz", state)
    for v in model.variables:
        v.assign(v * 0)
    serialization.read_state(tmp_path / "s.npz").put_into(model)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
