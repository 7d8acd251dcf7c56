"""What every method and every composition must do, from `tests.methods`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import pipelines
from seal_tf import GenerationCallback
from tests import methods
from tests.training import nets


@pytest.fixture(scope="module")
def digits():
    images = pipelines.read("digits", "train", classes=4, images_per_class=16)
    x = (images.pixels / 127.5 - 1).astype("float32")
    return x, images.labels


def _model(optimizer=None):
    model = nets.blocks()
    model.compile(
        optimizer or keras.optimizers.SGD(0.05, 0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def _fit(model, schedule, digits, epochs=methods.EPOCHS, **options):
    callback = GenerationCallback(schedule)
    history = model.fit(
        *digits,
        batch_size=16,
        epochs=epochs,
        verbose=0,
        callbacks=[callback, *options.pop("callbacks", ())],
        **options,
    )
    return history.history, callback


@pytest.mark.parametrize("name", methods.parameters())
def test_method_learns_and_restores_the_model(name, digits, tmp_path):
    """The model is saved and loaded, and fit again with and without it."""
    model = _model()
    names = {w.path for w in model.trainable_weights}
    history, callback = _fit(model, methods.ALL[name](), digits)
    assert history["accuracy"][-1] > 0.8, history["accuracy"]
    assert len(history["early_rate"]) == methods.EPOCHS
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    _fit(model, methods.ALL[name](), digits, epochs=4)
    assert {w.path for w in model.trainable_weights} == names
    assert not {"train_step", "fit"} & vars(model).keys()
    assert int(model.optimizer.iterations) == 4 * (methods.EPOCHS + 4)
    assert callback.diverged is None
    assert "early_rate" not in model.fit(*digits, verbose=0).history


@pytest.mark.parametrize("name", methods.parameters(quick=["seal"]))
def test_method_with_its_own_rate_and_adam_learns(name, digits):
    model = _model(keras.optimizers.Adam(1.0))
    schedule = methods.ALL[name](learning_rate=0.02)
    history, callback = _fit(model, schedule, digits)
    assert history["accuracy"][-1] > 0.6, history["accuracy"]
    for e, later in zip(callback.plan, history["later_rate"], strict=True):
        assert later == pytest.approx(float(e.rates()[-1, -1]), abs=1e-7)


@pytest.mark.parametrize("name", methods.parameters())
def test_method_traces_once_and_once_more_for_each_freezing(name, digits):
    traces = []

    class Counter(keras.layers.Layer):
        def call(self, x):
            traces.append(1)
            return x

    base = nets.blocks()
    model = keras.Model(base.inputs, Counter()(base.output))
    model.compile(
        "sgd",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    # A step that creates metrics is traced a second time.
    model.test_on_batch(*digits)
    traces.clear()
    schedule = methods.ALL[name]()
    _, callback = _fit(model, schedule, digits)
    frozen = [0] + [e.frozen for e in callback.plan]
    changes = sum(a != b for a, b in zip(frozen, frozen[1:], strict=False))
    # The search for S traces the forward pass of its measurement, too.
    assert len(traces) == 1 + changes + schedule.searches_scale


@pytest.mark.slow
@pytest.mark.parametrize("name", list(methods.ALL))
def test_method_in_several_fits_equals_one_fit(name, digits):
    """The fits share the model, and no saved state."""
    if methods.ALL[name]().searches_scale:
        pytest.skip("the search requires its measurements")

    class Stop(keras.callbacks.Callback):
        def __init__(self, epochs):
            super().__init__()
            self._epochs = epochs

        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training |= epoch + 1 == self._epochs

    def run(*epochs):
        keras.utils.set_random_seed(4)
        model = _model(keras.optimizers.Adam(0.01))
        start = 0
        for stop in (*epochs, methods.EPOCHS):
            schedule = methods.ALL[name]()
            _fit(
                model,
                schedule,
                digits,
                initial_epoch=start,
                callbacks=[Stop(stop)],
                shuffle=False,
            )
            start = stop
        return model.get_weights()

    whole = run()
    for a, b in zip(whole, run(3, 5), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


class _WeightRecorder(keras.callbacks.Callback):
    """Record the weights at the start and at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.begin, self.end = [], []

    def _weights(self):
        return {v.path: v.numpy() for v in self.model.weights}

    def on_epoch_begin(self, epoch, logs=None):
        self.begin.append(self._weights())

    def on_epoch_end(self, epoch, logs=None):
        self.end.append(self._weights())


def _redrawn(digits, seed, **settings):
    model = _model()
    watch = _Watch()
    schedule = methods.METHODS["llf"](generations=4, seed=seed, **settings)
    _fit(model, schedule, digits, callbacks=[watch])
    draws = []
    for epoch in (2, 4, 6):
        before, after = watch.end[epoch - 1], watch.begin[epoch]
        draws.append({p for p in before if (before[p] != after[p]).any()})
        for path in draws[-1]:
            assert path.endswith("kernel")
            assert path.startswith(("conv4", "conv5", "predictions"))
        assert len(draws[-1]) == 3
    kernels = [watch.begin[e]["predictions/kernel"] for e in (2, 4, 6)]
    return kernels


def test_llf_draws_anew_each_time_and_the_same_for_a_seed(digits):
    one, same, other = (_redrawn(digits, seed) for seed in (1, 1, 2))
    for i in range(3):
        np.testing.assert_array_equal(one[i], same[i])
        assert (one[i] != other[i]).any()
        for j in range(i):
            assert (one[i] != one[j]).any()
    # Uniform within 1/sqrt(fan_in), 8 inputs.
    bound = 1 / np.sqrt(8)
    for kernel in one:
        assert np.abs(kernel).max() <= bound
        assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.35)


def test_llf_by_the_layers_own_law(digits):
    for kernel in _redrawn(digits, 1, reinit="initializer"):
        # He-normal: six times the variance, and beyond that bound.
        assert np.abs(kernel).max() > 1 / np.sqrt(8)
        assert kernel.std() == pytest.approx(np.sqrt(2 / 8), rel=0.5)


def test_llf_knows_the_fan_in_of_every_kernel():
    from seal_tf.training.reinitialize import fan_in, kernels

    layers = keras.layers
    inputs = keras.Input((9, 9, 6))
    h = layers.Conv2D(4, 3, name="a")(inputs)
    h = layers.DepthwiseConv2D(3, depth_multiplier=2, name="b")(h)
    h = layers.SeparableConv2D(5, 3, name="c")(h)
    h = layers.Conv2DTranspose(7, 2, name="d")(h)
    h = layers.Flatten()(h)
    model = keras.Model(inputs, layers.Dense(3, name="e")(h))
    found = {
        kernel.path: fan_in(layer, kernel)
        for layer, kernel, _ in kernels(model)
    }
    assert found == {
        "a/kernel": 3 * 3 * 6,
        "b/kernel": 9,
        "c/depthwise_kernel": 9,
        "c/pointwise_kernel": 8,
        "d/kernel": 2 * 2 * 5,
        "e/kernel": int(h.shape[-1]),
    }


def test_nothing_to_forget_is_an_error(digits):
    model = _model()
    for layer in model.layers:
        if layer.name.startswith(("conv4", "conv5", "predictions")):
            layer.trainable = False
    with pytest.raises(ValueError, match="nothing to forget"):
        _fit(model, methods.METHODS["llf"](), digits)


def test_frozen_groups_do_not_move_at_all(digits):
    """No step, no L2, no momentum, BN's statistics still."""
    model = _model()
    watch = _Watch()
    history, callback = _fit(
        model, methods.METHODS["freezeout"](), digits, callbacks=[watch]
    )
    layers = callback.plan.layers
    assert max(e.frozen for e in callback.plan) >= 2
    for e in callback.plan:
        still = {n for names in layers[: e.frozen] for n in names}
        for path, before in watch.begin[e.epoch].items():
            moved = (before != watch.end[e.epoch][path]).any()
            if path.split("/")[0] in still:
                assert not moved, (e.epoch, path)
    # And what is not frozen does move, while it has a rate.
    assert any(
        (watch.begin[1][p] != watch.end[1][p]).any()
        for p in watch.begin[1]
        if p.startswith("conv5")
    )


def test_gradients_of_frozen_variables_are_not_computed():
    """Fewer gradient ops in the traced graph, not only fewer steps."""
    model = nets.blocks()
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    from seal_tf.schedules import FreezeOut
    from seal_tf.training.step_control import StepControl
    from seal_tf.training.freezing import FrozenPrefix
    from seal_tf.training.backends.tensorflow import train_step

    callback = GenerationCallback(FreezeOut())
    control = StepControl(callback.plan_for(model, 4, 2))
    control.ensure_bound(model)
    prefix = FrozenPrefix(model, control)

    def filter_gradients():
        @tf.function
        def step(x, y):
            return train_step(model, (x, y), control)

        graph = step.get_concrete_function(
            tf.TensorSpec((2, 8, 8, 1)), tf.TensorSpec((2, 4))
        ).graph
        return [op.type for op in graph.get_operations()].count(
            "Conv2DBackpropFilter"
        )

    whole = filter_gradients()
    assert whole == 5
    prefix.set(3)
    half = filter_gradients()
    prefix.set(0)
    # What is behind the stem, stage 2 and stage 3.
    assert half == 2
    assert filter_gradients() == whole


def test_snapshots_are_kept_before_the_restart(digits, tmp_path):
    model = _model()
    watch = _Watch()
    callback = GenerationCallback(
        methods.METHODS["snapshots"](learning_rate=0.05), tmp_path / "kept"
    )
    model.fit(*digits, 16, epochs=8, verbose=0, callbacks=[callback, watch])
    assert [f.name for f in callback.snapshots] == [
        "snapshot_01.keras",
        "snapshot_02.keras",
    ]
    for file, epoch in zip(callback.snapshots, (3, 7), strict=True):
        kept = keras.saving.load_model(file, compile=False)
        ends = list(watch.end[epoch].values())
        for a, b in zip(kept.get_weights(), ends, strict=True):
            np.testing.assert_array_equal(a, b)
        # Nothing of the optimizer: it loads where seal_tf is not.
        assert not keras.saving.load_model(file).compiled
    assert model.compiled
    assert model.optimizer is not None


def test_callbacks_of_the_family(digits):
    import seal_tf

    for callback in (
        seal_tf.LLFCallback(2, split_at="conv4_block1"),
        seal_tf.SnapshotCallback(2, learning_rate=0.05),
        seal_tf.FreezeOutCallback(t0=0.5),
        seal_tf.AnnealedAscentCallback(p0=0.3, ascent_scale=0.1),
    ):
        history = _model().fit(
            *digits, 16, epochs=4, verbose=0, callbacks=[callback]
        )
        assert len(history.history["later_rate"]) == 4


def test_methods_that_need_what_is_not_known(digits):
    from seal_tf.schedules import FreezeOut, Snapshots

    x, y = digits

    def batches():
        for i in range(0, 64, 16):
            yield x[i : i + 16], y[i : i + 16]

    data = tf.data.Dataset.from_generator(
        batches,
        output_signature=(
            tf.TensorSpec((None, 8, 8, 1)),
            tf.TensorSpec((None,), tf.int32),
        ),
    )
    schedule = Snapshots(cycles=2, learning_rate=0.1)
    with pytest.raises(ValueError, match="give fit steps_per_epoch"):
        _model().fit(
            data, epochs=4, verbose=0, callbacks=[GenerationCallback(schedule)]
        )
    unbuilt = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(4)])
    unbuilt.compile("sgd", "mse")
    with pytest.raises(ValueError, match="not built yet: call"):
        unbuilt.fit(
            np.ones((8, 4)),
            np.ones((8, 4)),
            verbose=0,
            callbacks=[GenerationCallback(FreezeOut())],
        )
