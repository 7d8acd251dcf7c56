"""Every method resumes at any position as the same run, to the last bit."""

import keras
import numpy as np
import pytest

import pipelines
from seal_tf import GenerationCallback
from seal_tf.backends import get_backend
from seal_tf.checkpoints.serialization import read_state
from seal_tf.checkpoints.variables import values
from tests import methods
from tests.checkpoints.states import save_state
from tests.training import nets

pytestmark = pytest.mark.usefixtures("deterministic")
BATCH = 16


@pytest.fixture(scope="module")
def digits():
    # 40 images: the third batch of an epoch has half the size.
    return pipelines.read("digits", "train", classes=4, images_per_class=10)


def _model(policy="float32"):
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy(policy)
    base = nets.blocks()
    # A layer with its own random state.
    outputs = keras.layers.Dropout(0.2)(base.output)
    model = keras.Model(base.inputs, outputs)
    model.compile(
        keras.optimizers.AdamW(0.01),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    return model


class _SaveStates(keras.callbacks.Callback):
    """Save states after chosen steps, epochs, and before validation."""

    def __init__(self, generations, folder, steps=(), epochs=()):
        super().__init__()
        self._generations, self._folder = generations, folder
        self._steps, self._epochs = steps, epochs
        self.files = []

    def _save(self, epoch, step=0, metrics=None):
        file = self._folder / f"{epoch}_{step}.npz"
        state = self._generations.run_state(epoch, step, metrics)
        save_state(file, state)
        self.files.append(file)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self._epoch, batch + 1) in self._steps and batch + 1 < 3:
            self._save(self._epoch, batch + 1)

    def on_test_begin(self, logs=None):
        if (self._epoch, 3) in self._steps:
            metrics = values(self.model.metrics_variables)
            self._save(self._epoch, 3, metrics)

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 in self._epochs:
            self._save(epoch + 1)


def _run(images, schedule, folder, file=None, model=None, **positions):
    """Run from a state to the end; return (weights, logs, state files)."""
    state = None if file is None else read_state(file)
    model = model or _model()
    epoch, step = state.position if state else (0, 0)
    validation = pipelines.evaluation_batches(images, 20)
    if step:
        x, y = next(iter(validation))
        model.test_on_batch(x.numpy(), y.numpy())
    generations = GenerationCallback(schedule, folder / "snapshots")
    generations.initial_state = state
    saver = _SaveStates(generations, folder, **positions)
    history = model.fit(
        pipelines.training_batches(
            images,
            BATCH,
            seed=5,
            epochs=methods.EPOCHS,
            first_epoch=epoch,
            first_step=get_backend().first_data_step(step),
        ),
        steps_per_epoch=3,
        epochs=methods.EPOCHS,
        initial_epoch=epoch,
        shuffle=False,
        verbose=0,
        validation_data=validation,
        callbacks=[generations, saver],
    )
    optimizer = values(model.optimizer.variables)
    return model.get_weights() + optimizer, history.history, saver.files


def _check_equal(whole, resumed, epoch):
    """Compare weights, slots and the logs after the cut, bit for bit."""
    for a, b in zip(whole[0], resumed[0], strict=True):
        np.testing.assert_array_equal(a, b)
    for name, logged in whole[1].items():
        # A run that resumes at its end logs nothing.
        assert logged[epoch:] == resumed[1].get(name, []), name


def _positions(name):
    """Return the ends of epochs, and steps of every kind of epoch.

    A quick method has a few positions only.
    """
    if name == "seal":
        # In an ascent, in validation, at the end of a generation.
        return {"steps": [(4, 1), (5, 3)], "epochs": [4]}
    if name in methods.QUICK:
        return {"steps": [(6, 2)]}
    # At the end of the run no data is left, from which Keras for PyTorch could
    # build the model.
    last = methods.EPOCHS - (keras.config.backend() == "torch")
    return {
        "steps": [(1, 1), (4, 2), (5, 3), (7, 1)],
        "epochs": range(1, last + 1),
    }


@pytest.mark.parametrize("name", methods.parameters(quick=["seal"]))
def test_resume_at_several_positions_equals_the_whole_run(
    name, digits, tmp_path
):
    schedule = methods.ALL[name]
    whole = _run(digits, schedule(), tmp_path, **_positions(name))
    snapshots = _snapshots(tmp_path)
    assert len(whole[2]) == sum(len(c) for c in _positions(name).values())
    for file in whole[2]:
        resumed = _run(digits, schedule(), tmp_path, file)
        _check_equal(whole, resumed, read_state(file).epoch)
    for a, b in zip(snapshots, _snapshots(tmp_path), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(methods.QUICK))
def test_resume_at_every_step_equals_the_whole_run(name, digits, tmp_path):
    steps = [(e, s) for e in range(methods.EPOCHS) for s in (1, 2, 3)]
    schedule = methods.ALL[name]
    whole = _run(digits, schedule(), tmp_path, steps=steps)
    for file in whole[2]:
        resumed = _run(digits, schedule(), tmp_path, file)
        _check_equal(whole, resumed, read_state(file).epoch)


def _snapshots(folder):
    return [
        w
        for file in sorted(folder.glob("snapshots/*.keras"))
        for w in keras.saving.load_model(file).get_weights()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_resume_in_mixed_precision_restores_the_loss_scale(
    policy, digits, tmp_path
):
    schedule = methods.ALL["seal"]
    whole = _run(
        digits, schedule(), tmp_path, model=_model(policy), steps=[(4, 2)]
    )
    model = _model(policy)
    resumed = _run(digits, schedule(), tmp_path, whole[2][0], model=model)
    _check_equal(whole, resumed, 4)
