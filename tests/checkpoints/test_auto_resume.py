"""A fit of people's own that keeps its state in a folder and goes on."""

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback
from tests.training import nets

pytestmark = pytest.mark.usefixtures("deterministic")
BATCH = 16


def _dense():
    keras.utils.set_random_seed(3)
    return nets.compiled(nets.functional())


class _Die(keras.callbacks.Callback):
    def __init__(self, epoch, batch):
        super().__init__()
        self._when = epoch, batch

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self._epoch, batch) == self._when:
            raise RuntimeError("the machine is gone")


def _own(folder, *others, epochs=8, generations=2, model=None):
    model = model or _dense()
    callback = SEALCallback(
        generations, split_at="second", checkpoint_dir=folder
    )
    history = model.fit(
        *nets.data(),
        batch_size=BATCH,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[callback, *others],
    )
    return model, history.history


@pytest.mark.parametrize(
    "first", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_a_fit_of_ones_own(first, tmp_path):
    """Beside BackupAndRestore, before and after it in the list."""
    whole, logs = _own(tmp_path / "whole")
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
    with pytest.raises(RuntimeError, match="the machine is gone"):
        _own(tmp_path / "cut", backup, _Die(5, 1))
    folder = tmp_path / "cut"
    if first:
        model, rest = _own(folder)
    else:
        model = _dense()
        callback = SEALCallback(2, split_at="second", checkpoint_dir=folder)
        rest = model.fit(
            *nets.data(),
            batch_size=BATCH,
            epochs=8,
            shuffle=False,
            verbose=0,
            callbacks=[backup, callback],
        ).history
    assert rest["loss"] == logs["loss"][5:]
    for a, b in zip(whole.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    # It has ended: nothing is left to do, and nothing of it stays lent.
    again, nothing = _own(folder)
    assert nothing == {}
    assert again._initial_epoch is None
    for a, b in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


class _Slower(keras.callbacks.Callback):
    """As ReduceLROnPlateau: a rate changed as an epoch ends."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            self.model.optimizer.learning_rate = 1e-5


def test_what_other_callbacks_do_as_an_epoch_ends(tmp_path):
    whole, logs = _own(tmp_path / "whole", _Slower())
    with pytest.raises(RuntimeError, match="the machine is gone"):
        _own(tmp_path / "cut", _Slower(), _Die(3, 0))
    _, rest = _own(tmp_path / "cut", _Slower())
    assert rest["loss"] == logs["loss"][3:]
    # Stopped early, it was kept, too, and what was refused leaves nothing.
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(
            whole, "stop_training", epoch == 1
        )
    )
    folder = tmp_path / "early"
    _own(folder, stop, model=whole)
    assert sorted(f.name for f in folder.glob("*.npz"))[-1] == (
        "epoch_000002.npz"
    )
    with pytest.raises(ValueError, match="does not fit this run"):
        _own(folder, epochs=1, generations=1, model=whole)
    history = whole.fit(*nets.data(), epochs=2, verbose=0)
    assert history.epoch == [0, 1]


def test_more_generations_go_on(tmp_path):
    whole, logs = _own(tmp_path / "whole", epochs=12, generations=3)
    _own(tmp_path / "half")
    more, rest = _own(tmp_path / "half", epochs=12, generations=3)
    assert rest["loss"] == logs["loss"][8:]


def test_another_run_is_refused(tmp_path):
    _own(tmp_path)
    with pytest.raises(ValueError, match="ascent_scale=0.01 there, 0.5 here"):
        _dense().fit(
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
    with pytest.raises(ValueError, match="8 epochs are trained already"):
        _own(tmp_path, epochs=4, generations=1)
    other = nets.compiled(nets.nested())
    with pytest.raises(ValueError, match="layers="):
        other.fit(
            *nets.data(),
            epochs=8,
            verbose=0,
            callbacks=[SEALCallback(2, checkpoint_dir=tmp_path, split_at=0.9)],
        )
    unbuilt = nets.compiled(nets.sequential(built=False))
    with pytest.raises(ValueError, match="not built yet: call"):
        unbuilt.fit(
            *nets.data(),
            verbose=0,
            callbacks=[SEALCallback(1, checkpoint_dir=tmp_path / "new")],
        )


def test_snapshots_of_both_parts(tmp_path):
    from seal_tf import SnapshotCallback

    def run(*others):
        kept = SnapshotCallback(4, checkpoint_dir=tmp_path / "kept")
        _dense().fit(
            *nets.data(), epochs=8, verbose=0, callbacks=[kept, *others]
        )
        return kept

    with pytest.raises(RuntimeError, match="the machine is gone"):
        run(_Die(5, 0))
    names = [f.name for f in run().snapshots]
    assert names == [f"snapshot_0{i}.keras" for i in (1, 2, 3, 4)]
    folder = tmp_path / "kept" / "snapshots"
    assert sorted(f.name for f in folder.iterdir()) == names
