"""What every method and every composition must do, from `tests.methods`."""

import keras
import numpy as np
import pytest

from tests import methods
from tests.backend_marks import needs_traces
from tests.callbacks.block_fits import compiled_blocks, fit_schedule
from tests.training import nets


@pytest.mark.parametrize("name", methods.parameters(quick=["seal"]))
def test_method_learns_and_restores_the_model(name, digits, tmp_path):
    """The model is saved and loaded, and fit again with and without it."""
    model = compiled_blocks()
    names = {w.path for w in model.trainable_weights}
    history, callback = fit_schedule(model, methods.ALL[name](), digits)
    assert history["accuracy"][-1] > 0.7, history["accuracy"]
    assert len(history["early_rate"]) == methods.EPOCHS
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    fit_schedule(model, methods.ALL[name](), digits, epochs=4)
    assert {w.path for w in model.trainable_weights} == names
    assert not {"train_step", "fit"} & vars(model).keys()
    assert int(model.optimizer.iterations) == 4 * (methods.EPOCHS + 4)
    assert callback.diverged is None
    assert "early_rate" not in model.fit(*digits, verbose=0).history


@pytest.mark.parametrize("name", methods.parameters(quick=["seal"]))
def test_method_with_its_own_rate_and_adam_learns(name, digits):
    model = compiled_blocks(keras.optimizers.AdamW(1.0))
    schedule = methods.ALL[name](learning_rate=0.02)
    history, callback = fit_schedule(model, schedule, digits)
    assert history["accuracy"][-1] > 0.45, history["accuracy"]
    for e, later in zip(callback.plan, history["later_rate"], strict=True):
        assert later == pytest.approx(float(e.rates()[-1, -1]), abs=1e-7)


@needs_traces
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
        keras.optimizers.SGD(weight_decay=1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    # A step that creates metrics is traced a second time.
    model.test_on_batch(*digits)
    traces.clear()
    schedule = methods.ALL[name]()
    _, callback = fit_schedule(model, schedule, digits)
    # Freezing and teachers trace the step again; a teacher is a call more.
    steps = [(e.frozen, e.distill) for e in callback.plan]
    traced = [steps[0]] + [
        step for i, step in enumerate(steps) if i and step != steps[i - 1]
    ]
    teachers = [d.teachers if d else 0 for _, d in traced]
    if keras.config.backend() == "jax":
        # All teachers are calls of one function, which JAX traces once.
        teachers = [min(count, 1) for count in teachers]
    calls = sum(1 + count for count in teachers)
    calls += len(traced) * callback.plan.perturbs
    # The search for S traces the forward pass of its measurement, too.
    assert len(traces) == calls + schedule.searches_scale


@pytest.mark.slow
@pytest.mark.parametrize("name", list(methods.ALL))
def test_method_in_several_fits_equals_one_fit(name, digits):
    """The fits share the model, and no saved state."""
    schedule = methods.ALL[name]()
    if schedule.searches_scale or schedule.keeps_weights:
        pytest.skip("this method requires its saved state")

    class Stop(keras.callbacks.Callback):
        def __init__(self, epochs):
            super().__init__()
            self._epochs = epochs

        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training |= epoch + 1 == self._epochs

    def run(*epochs):
        keras.utils.set_random_seed(4)
        model = compiled_blocks(keras.optimizers.AdamW(0.01))
        start = 0
        for stop in (*epochs, methods.EPOCHS):
            schedule = methods.ALL[name]()
            fit_schedule(
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
