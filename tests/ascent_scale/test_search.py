"""The search for S in a plain fit: measurements, S, resume."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf import GenerationCallback, SEALCallback, SEALTrainStep
from seal_tf.ascent_scale import scale_rule, search
from seal_tf.ascent_scale.probe_accuracy import ProbeAccuracy
from seal_tf.schedules import SEAL
from tests.backend_marks import needs_steps_per_execution
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


def _positions(callback):
    return [(m.epoch, m.step) for m in callback.scale_measurements]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_search_in_plain_fit_measures_before_steps_and_logs_s(optimizer):
    """The probe images are the first batches of the fit."""
    callback = _callback()
    logs = _fit(_model(optimizer), callback)
    assert "captured_batch" not in logs
    samples = callback.scale_measurements
    # The ascent is one epoch of four steps: a measurement before each, and
    # one at the end.
    assert _positions(callback) == [(4, 0), (4, 1), (4, 2), (4, 3), (4, 4)]
    assert samples[0].scale == 0.01
    assert logs["ascent_scale"][4] == samples[-1].scale
    assert logs["ascent_scale"][0] == logs["ascent_scale"][5] == 0
    assert np.isnan(logs["retained_accuracy"][3])
    retained = np.nan
    if scale_rule.is_above_chance(samples[0]):
        retained = scale_rule.retained_fraction(samples[-1], samples[0])
    assert logs["retained_accuracy"][4] == pytest.approx(retained, nan_ok=True)
    rate = logs["later_rate"][4]
    assert logs["early_rate"][4] == pytest.approx(-samples[-1].scale * rate)


def test_search_measurements_equal_those_of_evaluate():
    x, y = nets.data()
    accuracies = []

    class Evaluate(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 4:
                other = _model()
                other.set_weights(self.model.get_weights())
                results = other.evaluate(x[:20], y[:20], verbose=0)
                accuracies.append(results[1])

    callback = _callback(probe_data=(x[:20], y[:20]))
    _fit(_model(), callback, Evaluate())
    sample = callback.scale_measurements[0]
    assert sample.accuracy == pytest.approx(accuracies[0])
    assert sample.chance == pytest.approx(np.bincount(y[:20]).max() / 20)


def test_search_equals_a_fit_with_the_same_s_at_each_step():
    model = _model("sgd")
    callback = _callback(probe_data=nets.data())
    logs = _fit(model, callback)
    scales = [m.scale for m in callback.scale_measurements[:-1]]
    other = _model("sgd")
    # The graph would omit a scale of 1.
    fixed = GenerationCallback(
        SEAL(generations=2, split_at="second", ascent_scale=0.5)
    )

    class SetScale(keras.callbacks.Callback):
        """Set S of each step."""

        def on_epoch_begin(self, epoch, logs=None):
            self._epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            if self._epoch == 4:
                control = fixed._context._control
                control._scale.assign([[scales[batch], 1.0]])

    other_logs = _fit(other, fixed, SetScale())
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(logs[name], other_logs[name], rtol=1e-5)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


class _Fail(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 6:
            raise RuntimeError("the process ended")


@pytest.mark.slow
def test_search_resumed_from_checkpoint_dir_chooses_the_same_s(tmp_path):
    """The first fit ends between two ascents."""

    def run(folder, *others):
        model = _model()
        callback = _callback(generations=4, checkpoint_dir=tmp_path / folder)
        _fit(model, callback, *others)
        return model.get_weights(), callback.scale_measurements

    weights, measurements = run("whole")
    with pytest.raises(RuntimeError, match="the process ended"):
        run("parts", _Fail())
    resumed_weights, resumed_measurements = run("parts")
    assert resumed_measurements == measurements
    for a, b in zip(weights, resumed_weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_search_with_nested_inputs_saves_and_restores_them(tmp_path):
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


@pytest.mark.slow
@needs_steps_per_execution
def test_search_with_steps_per_execution_measures_between_executions():
    callback = _callback(probe_data=nets.data(), ascent_epochs=2)
    _fit(_model(steps_per_execution=2), callback)
    assert _positions(callback) == [(4, 0), (4, 2), (5, 0), (5, 2), (5, 4)]


@pytest.mark.tensorflow
def test_search_without_accuracy_raises_before_any_weight_changes():
    model = nets.functional()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["mae"])
    before = model.get_weights()
    with pytest.raises(ValueError, match="requires an accuracy metric"):
        _fit(model, _callback())
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_search_with_top_k_metric_uses_top_one():
    """The name of the metric in the logs does not matter."""
    model = nets.functional()
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=[keras.metrics.SparseTopKCategoricalAccuracy(3, "top_acc")],
    )
    callback = _callback(probe_data=nets.data())
    _fit(model, callback)
    assert all(m.accuracy < 0.99 for m in callback.scale_measurements)


@needs_steps_per_execution
@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"first_generation": 1}, "the first epoch already ascends"),
        ({"generations": 2}, "defines its own train_step"),
        # The capture would copy every fourth batch, or none.
        ({"generations": 2}, "with steps_per_execution=4"),
    ],
)
def test_search_that_cannot_capture_batches_requires_probe_data(
    settings, reason
):
    class Own(SEALTrainStep, keras.Model):
        def train_step(self, *args):
            return super().train_step(*args)

    base = _model()
    model = base
    if "train_step" in reason:
        model = nets.compiled(Own(base.inputs, base.outputs))
    if "execution" in reason:
        model = _model(steps_per_execution=4)
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"{reason}.*probe_data"):
        _fit(model, _callback(**settings))
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    callback = _callback(**settings, probe_data=nets.data())
    _fit(model, callback)
    assert callback.scale_measurements


def test_search_with_two_outputs_raises():
    inputs = keras.Input((6,))
    h = keras.layers.Dense(8, name="first")(inputs)
    h = keras.layers.Dense(8, name="second")(h)
    model = keras.Model(inputs, [keras.layers.Dense(3)(h) for _ in "ab"])
    model.compile("sgd", ["mse", "mse"], metrics=[["accuracy"], ["accuracy"]])
    x, y = nets.data()
    with pytest.raises(ValueError, match="2 outputs: pass a number"):
        _fit(model, _callback(), x=x, y=[np.eye(3)[y]] * 2)


def test_search_that_starts_within_an_ascent_raises():
    callback = _callback(ascent_epochs=2, probe_data=nets.data())
    with pytest.raises(ValueError, match="save the state .*`checkpoint_dir`"):
        _fit(_model(), callback, initial_epoch=5)


def test_search_with_accuracy_at_chance_keeps_s():
    x, _ = nets.data()
    # One image of another class: no accuracy is above chance.
    y = np.zeros(len(x), int)
    y[0] = 1
    callback = _callback(probe_data=(x, y), generations=4)
    logs = _fit(_model(), callback)
    assert {m.scale for m in callback.scale_measurements} == {0.01}
    assert np.isnan(logs["retained_accuracy"]).all()


def test_search_holds_s_only_after_an_ascent_that_determined_it(monkeypatch):
    """The accuracy exceeds chance from the second ascent on."""
    arguments = []
    next_scale = scale_rule.next_scale

    def recording_next_scale(*args, is_known):
        arguments.append(is_known)
        return next_scale(*args, is_known=is_known)

    monkeypatch.setattr(scale_rule, "next_scale", recording_next_scale)
    monkeypatch.setattr(
        scale_rule, "is_above_chance", lambda first: first.epoch > 2
    )
    callback = _callback(generations=4, probe_data=nets.data())
    _fit(_model(), callback)
    # Three measurements after the first in the second ascent, then as many
    # in the third.
    assert arguments == [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    ("accuracy", "line"),
    [
        (
            lambda epoch: 1.0,
            "retained 100% of the training accuracy above chance",
        ),
        (lambda epoch: 1.0 if epoch < 4 else 0.3325, "retained 0% of the"),
        (lambda epoch: 1 / 3, "the training accuracy was not above chance"),
    ],
)
def test_search_prints_its_result_between_two_progress_bars(
    accuracy, line, monkeypatch, capsys
):
    """At the end of an epoch Keras has not ended the line of its bar."""

    class FakeProbe(ProbeAccuracy):
        measurements = 0

        def measure(self):
            FakeProbe.measurements += 1
            self.chance = 1 / 3
            return accuracy(3 if FakeProbe.measurements == 1 else 4)

    monkeypatch.setattr(search, "ProbeAccuracy", FakeProbe)
    x, y = nets.data()
    _model().fit(
        x,
        y,
        epochs=8,
        verbose=1,
        callbacks=[_callback(probe_data=(x, y))],
    )
    output = capsys.readouterr().out
    lines = output.splitlines()
    (index,) = [i for i, text in enumerate(lines) if text.startswith(line)]
    assert lines[index + 1].startswith("generation 2/2 · descent 1/3")
    assert output.count(", target 50%") == int("not above" not in line)


def test_search_says_that_the_smallest_s_forgets_too_much(monkeypatch, capsys):
    """As after a restart that itself forgets more than `retain` allows."""

    class FakeProbe(ProbeAccuracy):
        accuracy = 1.0

        def measure(self):
            self.chance = 1 / 3
            accuracy, FakeProbe.accuracy = FakeProbe.accuracy, 0.5
            return accuracy

    monkeypatch.setattr(search, "ProbeAccuracy", FakeProbe)
    x, y = nets.data()
    callback = _callback(ascent_epochs=3, retain=0.9, probe_data=(x, y))
    _model().fit(x, y, BATCH, epochs=8, verbose=2, callbacks=[callback])
    assert callback.scale_measurements[-1].scale == scale_rule.MIN_SCALE
    line = capsys.readouterr().out
    assert "retained 25% of the training accuracy above chance" in line
    assert "S = 0.0001, its minimum: without an ascent, as much" in line


def test_search_in_the_last_epoch_prints_its_result_at_the_end(capsys):
    x, y = nets.data()
    callback = _callback(ascent_epochs=4, probe_data=(x, y))
    _model().fit(x, y, epochs=8, verbose=2, callbacks=[callback])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith(f" {callback.scale_measurements[-1].scale:.3g})")


def test_search_without_known_steps_names_the_argument():
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
    with pytest.raises(ValueError, match="`steps_per_epoch`"):
        _model().fit(
            data,
            epochs=8,
            shuffle=False,
            verbose=0,
            callbacks=[_callback()],
        )


def test_search_after_fit_keeps_measurements_only():
    callback = _callback(probe_data=nets.data())
    _fit(_model(), callback)
    assert callback.scale_measurements
    assert not callback.in_fit
