"""Cut anywhere and gone on with: the same run, to the last bit."""

import errno
import warnings

import keras
import numpy as np
import pytest

import pipelines
from seal_tf import GenerationCallback, SEALCallback
from seal_tf.training import checkpoint
from seal_tf.training.state import slots, values, weights
from tests import methods
from tests.training import nets

BATCH = 16


@pytest.fixture(scope="module")
def digits():
    # 40 images: the third batch of an epoch is half of one.
    return pipelines.read("digits", "train", classes=4, images_per_class=10)


@pytest.fixture(autouse=True)
def _deterministic():
    import tensorflow as tf
    from tensorflow.python.framework import config

    tf.config.experimental.enable_op_determinism()
    yield
    config.disable_op_determinism()


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
    state = None if file is None else checkpoint.read(file)
    model = model or _model()
    epoch, step = state.position if state else (0, 0)
    held = pipelines.evaluation_batches(images, 20)
    if step:
        model.test_on_batch(*next(iter(held)))
    generations = GenerationCallback(schedule, folder / "kept")
    generations.go_on_from = state
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
        _same(whole, cut, checkpoint.read(file).epoch)
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
        _same(whole, cut, checkpoint.read(file).epoch)


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
    checkpoint.read(tmp_path / "s.npz").put_into(model)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# --- fit with a folder of one's own


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


# --- the files


def _state(epoch, step=0, size=100):
    arrays = {"model": [np.arange(size, dtype="float32")], "metrics": []}
    return checkpoint.State(epoch, step, 7, {"epochs": 9}, arrays)


def test_every_flipped_byte_is_found_or_harmless(tmp_path):
    file = tmp_path / "s.npz"
    checkpoint.write(file, _state(3, 4))
    whole = file.read_bytes()
    wanted = checkpoint.read(file)
    found = 0
    for at in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        file.write_bytes(damaged)
        try:
            read = checkpoint.read(file)
        except ValueError as error:
            assert "damaged checkpoint" in str(error)
            found += 1
        else:
            assert read.position == wanted.position
            np.testing.assert_array_equal(
                read.arrays["model"][0], wanted.arrays["model"][0]
            )
    assert found > len(whole) / 3 / 2
    for size in range(0, len(whole), 41):
        file.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="damaged checkpoint"):
            checkpoint.read(file)


def test_which_are_kept(tmp_path):
    kept = checkpoint.Checkpoints(tmp_path, keep=2)
    for position in [(0, 5), (1, 0), (2, 0), (2, 9), (3, 0), (4, 0)]:
        kept.save(_state(*position), milestones={2, 4})
    assert [p.name for p in sorted(tmp_path.iterdir())] == [
        "epoch_000002.npz",
        "epoch_000003.npz",
        "epoch_000004.npz",
    ]
    assert kept.newest().position == (4, 0)
    assert kept.newest(not_after=(3, 1)).position == (3, 0)
    kept.forget_after((2, 0))
    assert kept.newest().position == (2, 0)


def test_a_damaged_newest_one_falls_back(tmp_path):
    kept = checkpoint.Checkpoints(tmp_path, keep=1)
    kept.save(_state(1), milestones={1})
    kept.save(_state(2), milestones={1})
    (tmp_path / "epoch_000002.npz").write_bytes(b"PK")
    with pytest.warns(RuntimeWarning, match="epoch_000002.npz: damaged"):
        assert kept.newest().position == (1, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kept.newest().position == (1, 0)
    kept.save(_state(1, 3), milestones={1})
    assert kept.newest().position == (1, 3)
    with pytest.MonkeyPatch.context() as patched:
        # The disk is away for a moment: that says nothing of the file.
        patched.setattr(checkpoint, "_bytes", _away)
        with pytest.raises(OSError, match="Stale file handle"):
            kept.newest()
    for file in tmp_path.glob("*.npz"):
        file.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match="No checkpoint in .* is whole"):
            kept.newest()


def _away(path):
    raise OSError(errno.ESTALE, "Stale file handle", str(path))


def test_another_precision_is_refused():
    model = nets.compiled(nets.functional())
    model.optimizer.build(model.trainable_variables)
    arrays = {
        "model": values(weights(model)),
        "optimizer": values(slots(model)),
    }
    checkpoint.State(1, 0, 0, {}, arrays).check(model)
    arrays["model"][0] = arrays["model"][0].astype("float16")
    with pytest.raises(ValueError, match="another precision"):
        checkpoint.State(1, 0, 0, {}, arrays).check(model)
