"""A fit that saves its state in a folder, and resumes from it."""

import errno

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback, SnapshotCallback
from seal_tf.checkpoints.auto_resume import AutoResume
from tests.checkpoints.states import make_state
from tests.determinism import op_determinism
from tests.training import nets

pytestmark = pytest.mark.usefixtures("deterministic")
BATCH = 16


def _model():
    keras.utils.set_random_seed(3)
    return nets.compiled(nets.functional())


class _AtStep(keras.callbacks.Callback):
    """Call a function of the model after a step of an epoch."""

    def __init__(self, epoch, batch, action):
        super().__init__()
        self._position, self._action = (epoch, batch), action

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self._epoch, batch) == self._position:
            self._action(self.model)


def _fail(model):
    raise RuntimeError("the process ended")


def _stop(model):
    model.stop_training = True


def _fit(folder, *others, epochs=8, generations=2, model=None, first=True):
    """Fit in a folder; `first`: whether our callback is first in the list."""
    model = model or _model()
    callback = SEALCallback(
        generations, split_at="second", checkpoint_dir=folder
    )
    history = model.fit(
        *nets.data(),
        batch_size=BATCH,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[callback, *others] if first else [*others, callback],
    )
    return model, history.history


@pytest.fixture(scope="module")
def whole():
    """The weights and logs of a fit that nothing interrupts."""
    with op_determinism():
        return _whole_fit()


def _whole_fit():
    model = _model()
    history = model.fit(
        *nets.data(),
        batch_size=BATCH,
        epochs=8,
        shuffle=False,
        verbose=0,
        callbacks=[SEALCallback(2, split_at="second")],
    )
    return model.get_weights(), history.history


@pytest.mark.parametrize("batch", [0, 2])
def test_epoch_that_is_cut_short_is_trained_again(batch, whole, tmp_path):
    """Three batches are an epoch: a stop after the last one completes it."""
    weights, logs = whole
    _fit(tmp_path, _AtStep(4, batch, _stop))
    model, rest = _fit(tmp_path)
    assert len(rest["loss"]) == (4 if batch == 0 else 3)
    assert rest["loss"] == logs["loss"][-len(rest["loss"]) :]
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_early_stop_with_ema_saves_the_weights_not_their_averages(tmp_path):
    """Keras assigns the averages before `on_train_end`."""

    def fit(folder, *others):
        keras.utils.set_random_seed(3)
        optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
        model = nets.compiled(nets.functional(), optimizer)
        return _fit(tmp_path / folder, *others, model=model)[1]["loss"]

    whole = fit("whole")
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(
            stop.model, "stop_training", epoch == 2
        )
    )
    assert fit("parts", stop) + fit("parts") == whole


def test_finished_fit_again_lists_its_snapshots(tmp_path):
    counts = []
    for _ in range(2):
        snapshots = SnapshotCallback(2, checkpoint_dir=tmp_path)
        _model().fit(*nets.data(), epochs=4, verbose=0, callbacks=[snapshots])
        counts.append(len(snapshots.snapshots))
    assert counts == [2, 2]


@pytest.mark.parametrize(
    "first", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_fit_again_in_the_folder_resumes_exactly(first, whole, tmp_path):
    """BackupAndRestore is in the list, too, before or after our callback."""
    weights, logs = whole
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
    folder = tmp_path / "parts"
    with pytest.raises(RuntimeError, match="the process ended"):
        _fit(folder, backup, _AtStep(5, 1, _fail))
    others = () if first else (backup,)
    model, rest = _fit(folder, *others, first=first)
    assert rest["loss"] == logs["loss"][5:]
    for a, b in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    # After the last epoch nothing remains to do, and nothing stays patched.
    again, logs = _fit(folder)
    assert logs == {}
    assert again._initial_epoch is None
    for a, b in zip(again.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)


class _Slower(keras.callbacks.Callback):
    """Change the rate at the end of an epoch, as ReduceLROnPlateau does."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            self.model.optimizer.learning_rate = 1e-5


def test_state_includes_what_later_callbacks_do_at_the_end_of_an_epoch(
    tmp_path,
):
    _, logs = _fit(tmp_path / "whole", _Slower())
    with pytest.raises(RuntimeError, match="the process ended"):
        _fit(tmp_path / "parts", _Slower(), _AtStep(3, 0, _fail))
    _, rest = _fit(tmp_path / "parts", _Slower())
    assert rest["loss"] == logs["loss"][3:]


def test_fit_that_stops_early_saves_its_last_epoch(tmp_path):
    model = _model()
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(
            model, "stop_training", epoch == 1
        )
    )
    _fit(tmp_path, stop, model=model)
    assert sorted(f.name for f in tmp_path.glob("*.npz"))[-1] == (
        "epoch_000002.npz"
    )
    # A refused fit leaves nothing patched.
    with pytest.raises(ValueError, match="holds another run"):
        _fit(tmp_path, epochs=1, generations=1, model=model)
    history = model.fit(*nets.data(), epochs=2, verbose=0)
    assert history.epoch == [0, 1]


def test_fit_with_more_generations_continues(tmp_path):
    _, logs = _fit(tmp_path / "whole", epochs=12, generations=3)
    _fit(tmp_path / "parts")
    _, rest = _fit(tmp_path / "parts", epochs=12, generations=3)
    assert rest["loss"] == logs["loss"][8:]


def test_fit_continues_with_what_later_callbacks_did_in_its_last_epoch(
    tmp_path,
):
    def fit(folder, **options):
        model = _model()

        def slow_down(epoch, logs):
            if epoch == 7:
                model.optimizer.learning_rate = 1e-5

        slower = keras.callbacks.LambdaCallback(on_epoch_end=slow_down)
        return _fit(tmp_path / folder, slower, model=model, **options)[1]

    logs = fit("whole", epochs=12, generations=3)
    fit("parts")
    rest = fit("parts", epochs=12, generations=3)
    assert rest["loss"] == logs["loss"][8:]


def test_fit_in_the_folder_of_another_run_raises(tmp_path):
    _fit(tmp_path)
    with pytest.raises(ValueError, match="ascent_scale=0.01 .* 0.5 in this"):
        _model().fit(
            *nets.data(),
            epochs=8,
            verbose=0,
            callbacks=[
                SEALCallback(
                    2,
                    split_at="second",
                    ascent_scale=0.5,
                    checkpoint_dir=tmp_path,
                )
            ],
        )
    with pytest.raises(ValueError, match="has 8 trained epochs"):
        _fit(tmp_path, epochs=4, generations=1)
    other = nets.compiled(nets.nested())
    with pytest.raises(ValueError, match="layers="):
        other.fit(
            *nets.data(),
            epochs=8,
            verbose=0,
            callbacks=[SEALCallback(2, checkpoint_dir=tmp_path, split_at=0.9)],
        )


@pytest.mark.tensorflow
def test_fit_of_unbuilt_model_with_checkpoint_dir_raises(tmp_path):
    model = nets.compiled(nets.sequential(built=False))
    with pytest.raises(ValueError, match="`checkpoint_dir` .*not built: call"):
        model.fit(
            *nets.data(),
            verbose=0,
            callbacks=[SEALCallback(1, checkpoint_dir=tmp_path)],
        )


def test_snapshots_of_both_parts_of_a_run_are_listed(tmp_path):
    def run(*others):
        callback = SnapshotCallback(4, checkpoint_dir=tmp_path)
        _model().fit(
            *nets.data(), epochs=8, verbose=0, callbacks=[callback, *others]
        )
        return callback

    with pytest.raises(RuntimeError, match="the process ended"):
        run(_AtStep(5, 0, _fail))
    names = [f.name for f in run().snapshots]
    assert names == [f"snapshot_0{i}.keras" for i in (1, 2, 3, 4)]
    assert sorted(f.name for f in (tmp_path / "snapshots").iterdir()) == names


def test_save_on_a_full_disk_warns_and_continues(tmp_path, monkeypatch):
    resume = AutoResume(tmp_path)

    def fail(state):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(resume._checkpoints, "save", fail)
    with pytest.warns(RuntimeWarning, match="epoch 3: .*No space left"):
        resume.save(make_state(3))
