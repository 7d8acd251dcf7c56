"""S found in people's own fit: looked at, kept to, gone on with."""

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, SEALCallback, SEALTrainStep
from seal_tf.ascent_scale import scale_rule
from seal_tf.schedules import SEAL
from seal_tf.ascent_scale import search
from seal_tf.ascent_scale.probe_accuracy import ProbeAccuracy
from tests.training import nets

EPOCHS, BATCH = 8, 12


def _model(optimizer="adam", **kwargs):
    keras.utils.set_random_seed(3)
    return nets.compiled(nets.functional(), optimizer, **kwargs)


def _fit(model, callback, *others, epochs=EPOCHS, x=None, y=None, **options):
    if x is None:
        x, y = nets.data()
    return model.fit(
        x,
        y,
        batch_size=BATCH,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[callback, *others],
        **options,
    ).history


def _callback(**settings):
    return SEALCallback(
        **{"generations": 2, "ascent_scale": "auto", "split_at": "second"}
        | settings
    )


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_one_line_in_somebodys_fit(optimizer):
    """The slice is the first batches of the fit, and fit's logs are bare."""
    callback = _callback()
    logs = _fit(_model(optimizer), callback)
    assert "seal_batch" not in logs
    looks = callback.scale_measurements
    # An ascent of one epoch of four steps: a look before each, and the last.
    assert [(k.epoch, k.step) for k in looks] == [
        (4, 0),
        (4, 1),
        (4, 2),
        (4, 3),
        (4, 4),
    ]
    assert looks[0].scale == 0.01
    assert logs["ascent_scale"][4] == looks[-1].scale
    assert logs["ascent_scale"][0] == logs["ascent_scale"][5] == 0
    assert np.isnan(logs["retained_accuracy"][3])
    known = scale_rule.is_above_chance(looks[0])
    left = (
        scale_rule.retained_fraction(looks[-1], looks[0]) if known else np.nan
    )
    assert logs["retained_accuracy"][4] == pytest.approx(left, nan_ok=True)
    rate = logs["later_rate"][4]
    assert logs["early_rate"][4] == pytest.approx(-looks[-1].scale * rate)


def test_looks_are_those_of_evaluate():
    x, y = nets.data()
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 4:
                weights = self.model.get_weights()
                other = _model()
                other.set_weights(weights)
                found = other.evaluate(x[:20], y[:20], verbose=0)
                seen.append(found[1])

    callback = _callback(probe_data=(x[:20], y[:20]))
    _fit(_model(), callback, Watch())
    assert callback.scale_measurements[0].accuracy == pytest.approx(seen[0])
    chance = np.bincount(y[:20]).max() / 20
    assert callback.scale_measurements[0].chance == pytest.approx(chance)


def test_looking_changes_nothing_that_is_logged():
    """A found S that is fixed from then on gives the same run."""

    model = _model("sgd")
    callback = _callback(probe_data=nets.data())
    logs = _fit(model, callback)
    scales = [k.scale for k in callback.scale_measurements[:-1]]
    other = _model("sgd")
    # A scale of 1 would be left out of the graph.
    told = GenerationCallback(
        SEAL(generations=2, split_at="second", ascent_scale=0.5)
    )

    class Tell(keras.callbacks.Callback):
        """The S of each step by hand."""

        def on_epoch_begin(self, epoch, logs=None):
            self._epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            if self._epoch == 4:
                told._control._scale.assign([[scales[batch], 1.0]])

    theirs = _fit(other, told, Tell())
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(logs[name], theirs[name], rtol=1e-5)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


class _Die(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 6:
            raise RuntimeError("the machine is gone")


def test_goes_on_in_a_folder_with_its_slice(tmp_path):
    """Cut between two ascents: the third generation finds the same S."""

    def run(folder, *others):
        model = _model()
        callback = _callback(generations=4, checkpoint_dir=tmp_path / folder)
        _fit(model, callback, *others)
        return model.get_weights(), callback.scale_measurements

    weights, looks = run("whole")
    with pytest.raises(RuntimeError, match="the machine is gone"):
        run("cut", _Die())
    theirs, seen = run("cut")
    assert seen == looks
    for a, b in zip(weights, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_inputs_of_any_structure(tmp_path):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    h = keras.layers.Dense(8, name="first")(keras.layers.Concatenate()([a, b]))
    h = keras.layers.Dense(8, activation="relu", name="second")(h)
    model = keras.Model(
        {"a": a, "b": b}, keras.layers.Dense(3, activation="softmax")(h)
    )
    nets.compiled(model)
    x, y = nets.data()
    callback = _callback(checkpoint_dir=tmp_path)
    _fit(model, callback, x={"a": x[:, :3], "b": x[:, 3:]}, y=y)
    assert len(callback.scale_measurements) == 5
    again = _callback(checkpoint_dir=tmp_path)
    _fit(model, again, x={"a": x[:, :3], "b": x[:, 3:]}, y=y)
    assert again.scale_measurements == callback.scale_measurements


def test_several_steps_at_once():
    callback = _callback(probe_data=nets.data(), ascent_epochs=2)
    model = _model(steps_per_execution=2)
    _fit(model, callback)
    assert [(k.epoch, k.step) for k in callback.scale_measurements] == [
        (4, 0),
        (4, 2),
        (5, 0),
        (5, 2),
        (5, 4),
    ]


def test_refused_without_an_accuracy():
    model = nets.functional()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["mae"])
    before = model.get_weights()
    with pytest.raises(ValueError, match="compile it with metrics"):
        _fit(model, _callback())
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_top_five_is_no_accuracy_to_go_by():
    """Whatever is called accuracy in the logs: top one counts."""
    model = nets.functional()
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=[keras.metrics.SparseTopKCategoricalAccuracy(3, "top_acc")],
    )
    callback = _callback(probe_data=nets.data())
    _fit(model, callback)
    assert all(look.accuracy < 0.99 for look in callback.scale_measurements)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"first_generation": 1}, "the first epoch ascends already"),
        ({"generations": 2}, "has a train_step of its own"),
        # Gathered, the slice would be of every fourth batch, or of none.
        ({"generations": 2}, "where steps_per_execution=4"),
    ],
)
def test_refused_where_it_cannot_gather(settings, said):
    """Before a weight moves; with images of one's own it can."""

    class Own(SEALTrainStep, keras.Model):
        def train_step(self, data):
            return super().train_step(data)

    base = _model()
    model = base
    if "train_step" in said:
        model = nets.compiled(Own(base.inputs, base.outputs))
    if "execution" in said:
        model = _model(steps_per_execution=4)
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"{said}.*probe_data"):
        _fit(model, _callback(**settings))
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    callback = _callback(**settings, probe_data=nets.data())
    _fit(model, callback)
    assert callback.scale_measurements


def test_refused_with_two_outputs():
    inputs = keras.Input((6,))
    h = keras.layers.Dense(8, name="first")(inputs)
    h = keras.layers.Dense(8, name="second")(h)
    model = keras.Model(inputs, [keras.layers.Dense(3)(h) for _ in "ab"])
    model.compile("sgd", ["mse", "mse"], metrics=[["accuracy"], ["accuracy"]])
    with pytest.raises(ValueError, match="the model has 2: give a number"):
        x, y = nets.data()
        _fit(model, _callback(), x=x, y=[np.eye(3)[y]] * 2)


def test_refused_in_the_middle_of_an_ascent_that_nobody_saw():
    callback = _callback(ascent_epochs=2, probe_data=nets.data())
    with pytest.raises(ValueError, match="keep the state"):
        _fit(_model(), callback, initial_epoch=5)


def test_nothing_known_leaves_the_scale_alone():
    x, _ = nets.data()
    one_class = np.zeros(len(x), int)
    callback = _callback(probe_data=(x, one_class), generations=4)
    logs = _fit(_model(), callback)
    assert {look.scale for look in callback.scale_measurements} == {0.01}
    assert np.isnan(logs["retained_accuracy"]).all()


def test_a_scale_that_nobody_found_is_not_held(monkeypatch):
    """The second ascent is the first that has anything to forget."""
    asked = []
    honest = scale_rule.next_scale

    def next_scale(*args, known):
        asked.append(known)
        return honest(*args, known=known)

    monkeypatch.setattr(forgetting, "next_scale", next_scale)
    monkeypatch.setattr(forgetting, "knows", lambda first: first.epoch > 2)
    callback = _callback(generations=4, probe_data=nets.data())
    _fit(_model(), callback)
    # Three looks after the first in the second ascent, then in the third.
    assert asked == [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    ("right", "said"),
    [
        (lambda epoch: 1.0, "100% of the training accuracy above chance"),
        (lambda epoch: 1.0 if epoch < 4 else 0.3325, "0% of the training"),
        (lambda epoch: 1 / 3, "nothing was there to forget"),
    ],
)
def test_what_came_of_it_is_said_between_two_bars(
    right, said, monkeypatch, capsys
):
    """Not behind the bar that still stands in its line as an epoch ends."""

    class Seen(Remaining):
        asked = 0

        def accuracy(self):
            Seen.asked += 1
            self.chance = 1 / 3
            return right(3 if Seen.asked == 1 else 4)

    monkeypatch.setattr(finding, "Remaining", Seen)
    x, y = nets.data()
    _model().fit(
        x,
        y,
        epochs=8,
        verbose=1,
        callbacks=[_callback(probe_data=(x, y))],
    )
    out = capsys.readouterr().out
    lines = out.splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.startswith(said)]
    assert lines[at + 1].startswith("generation 2/2 · descent 1/3")
    assert out.count("was asked for") == int("nothing" not in said)


def test_what_the_last_ascent_came_to_is_said_in_the_end(capsys):
    x, y = nets.data()
    callback = _callback(ascent_epochs=4, probe_data=(x, y))
    _model().fit(x, y, epochs=8, verbose=2, callbacks=[callback])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith(f" {callback.scale_measurements[-1].scale:.3g})")


def test_refused_where_nobody_knows_the_steps():
    import tensorflow as tf

    x, y = nets.data()

    def batches():
        yield from zip(x.reshape(4, 12, 6), y.reshape(4, 12), strict=True)

    data = tf.data.Dataset.from_generator(
        batches,
        output_signature=(
            tf.TensorSpec((12, 6), tf.float32),
            tf.TensorSpec((12,), tf.int64),
        ),
    )
    with pytest.raises(ValueError, match="steps_per_epoch"):
        _model().fit(data, epochs=8, verbose=0, callbacks=[_callback()])


class Echo(keras.Model):
    """Predicts what it is given."""

    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("y", "predicted", "accuracy", "chance"),
    [
        ([0, 0, 1, 2], np.eye(3)[[0, 1, 1, 2]], 0.75, 0.5),
        ([[0], [0], [1], [2]], np.eye(3)[[0, 1, 1, 2]], 0.75, 0.5),
        (np.eye(2)[[0, 0, 1, 0]], np.eye(2)[[0, 1, 0, 0]], 0.5, 0.75),
        (
            [[0.0], [1.0], [1.0], [1.0]],
            [[0.1], [0.9], [0.4], [0.6]],
            0.75,
            0.75,
        ),
        ([0, 1, 1, 1], [[0.1], [0.9], [0.4], [0.2]], 0.5, 0.75),
        # A class for each of two tokens.
        ([[0, 1], [0, 0]], np.eye(3)[[[0, 1], [2, 0]]], 0.75, 0.75),
    ],
)
def test_accuracy_and_chance_are_those_of_the_shapes(
    y, predicted, accuracy, chance
):
    x = np.array(predicted, "float32")
    found = ProbeAccuracy(Echo(), x, np.array(y))
    assert found.accuracy() == pytest.approx(accuracy)
    assert found.chance == chance


def test_passes_are_of_one_size():
    found = ProbeAccuracy(Echo(), np.eye(3)[[0] * 65], np.zeros(65, int))
    assert found.images == 64
    assert found.accuracy() == 1
    assert found._pass.experimental_get_tracing_count() == 1


# --- the bound


def _bounded(bound, **fit):
    model = _model(keras.optimizers.SGD(0.5))
    steps = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self._before = [w.numpy() for w in self.model.trainable_weights]

        def on_train_batch_end(self, batch, logs=None):
            steps.append(
                [
                    (before, w.numpy() - before)
                    for before, w in zip(
                        self._before, self.model.trainable_weights, strict=True
                    )
                ]
            )

    schedule = SEAL(
        generations=2,
        split_at="second",
        ascent_scale=1.0,
        ascent_clip=bound,
        reset_optimizer=False,
    )
    _fit(model, GenerationCallback(schedule), Watch())
    return steps


def _norm(arrays):
    return np.sqrt(sum(np.sum(np.float64(a) ** 2) for a in arrays))


def test_bound_shortens_the_step_of_each_layer_that_ascends():
    """Against NumPy: same direction, no longer than its share of the norm."""
    free, bounded = _bounded(None), _bounded(0.001)
    # Until the ascent begins there is no difference.
    for a, b in zip(free[:16], bounded[:16], strict=True):
        for (_, one), (_, other) in zip(a, b, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-7)
    # Dense "first": kernel and bias; then gamma and beta of "norm".
    for layer in (slice(0, 2), slice(2, 4)):
        step, full = bounded[16][layer], free[16][layer]
        most = 0.001 * _norm([w for w, _ in full])
        length = _norm([d for _, d in full])
        assert length > most
        for (_, ours), (_, theirs) in zip(step, full, strict=True):
            np.testing.assert_allclose(
                ours, theirs * most / length, rtol=2e-3, atol=1e-7
            )
    # Later layers descend as they like.
    for (_, ours), (_, theirs) in zip(
        bounded[16][4:], free[16][4:], strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)


def test_a_wide_bound_changes_nothing():
    for a, b in zip(_bounded(None), _bounded(1.0), strict=True):
        for (_, one), (_, other) in zip(a, b, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)
