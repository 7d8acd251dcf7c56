"""Our callback beside those of Keras and of other projects."""

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback
from tests.training import nets


@pytest.mark.parametrize(
    ("epoch", "reset"),
    [
        (5, True),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in ((5, False), (2, True), (2, False))
        ),
    ],
)
def test_backup_and_restore_after_an_interrupt_equals_one_fit(
    tmp_path, reset, epoch
):
    x, y = nets.data(48)

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, current_epoch, logs=None):
            if current_epoch == epoch:
                raise KeyboardInterrupt

    def run(folder, *others):
        keras.utils.set_random_seed(3)
        model = nets.compiled(nets.functional(), keras.optimizers.Adam(0.01))
        seal = SEALCallback(generations=2, reset_optimizer=reset)
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / folder))
        model.fit(
            x,
            y,
            16,
            epochs=8,
            shuffle=False,
            verbose=0,
            callbacks=[seal, backup, *others],
        )
        return model.get_weights()

    whole = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("parts", Interrupt())
    for a, b in zip(whole, run("parts"), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def _fit_with_averages(*callbacks):
    keras.utils.set_random_seed(3)
    optimizer = keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9)
    model = nets.compiled(nets.functional(), optimizer)
    history = model.fit(*nets.data(), epochs=8, verbose=0, callbacks=callbacks)
    return model, history.history["loss"]


def test_swap_ema_weights_must_precede_our_callback():
    seal = SEALCallback(generations=2, split_at="second")
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    model, losses = _fit_with_averages(swap, seal)
    _, plain = _fit_with_averages(seal)
    np.testing.assert_allclose(losses, plain, rtol=1e-5)
    with pytest.raises(ValueError, match="must precede the SEALCallback"):
        _fit_with_averages(seal, swap)
    assert np.abs(model.get_weights()[0]).sum() > 0
    # Averages for validation only are in no epoch.
    _fit_with_averages(seal, keras.callbacks.SwapEMAWeights())


def test_backup_within_an_epoch_warns_if_the_plan_has_events(tmp_path):
    backup = keras.callbacks.BackupAndRestore(str(tmp_path), save_freq=2)
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2, split_at="second")
    with pytest.warns(UserWarning, match="repeats what.*save_freq=2"):
        model.fit(*nets.data(), epochs=8, verbose=0, callbacks=[seal, backup])


def test_learning_rate_scheduler_sets_the_rate():
    # Callbacks run in order: ours reads the rate of the scheduler.
    x, y = nets.data()
    decay = keras.callbacks.LearningRateScheduler(lambda e: 0.1 / (e + 1))
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2, split_at="second")
    history = model.fit(
        x, y, 16, epochs=4, verbose=0, callbacks=[seal, decay]
    ).history
    np.testing.assert_allclose(
        history["later_rate"], [0.1, 0.05, 0.1 / 3, 0.025], rtol=1e-5
    )


def test_early_stopping_monitors_our_logs_and_restores_the_model():
    x, y = nets.data()
    stop = keras.callbacks.EarlyStopping("ascent", mode="max", patience=2)
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=3, split_at="second")
    history = model.fit(
        x, y, 16, epochs=12, verbose=0, callbacks=[seal, stop]
    ).history
    # No epoch exceeds the first, so it stops after two more.
    assert history["ascent"] == [0, 0, 0]
    assert "train_step" not in vars(model)


def test_weights_and_biases_logs_our_entries(tmp_path, monkeypatch):
    """Its callback for Keras, offline; requires `pip install wandb`."""
    wandb = pytest.importorskip("wandb")
    from wandb.integration.keras import WandbMetricsLogger

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    run = wandb.init(project="seal", dir=str(tmp_path))
    seal = SEALCallback(generations=2)
    logger = WandbMetricsLogger(log_freq=1)
    model.fit(x, y, epochs=4, verbose=0, callbacks=[seal, logger])
    summary = dict(run.summary)
    run.finish()
    assert summary["epoch/generation"] == 1
    assert summary["epoch/later_rate"] > 0


@pytest.mark.parametrize(
    "other",
    [
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
        keras.callbacks.ReduceLROnPlateau(),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_another_schedule_of_the_rate_is_refused(other):
    def fit(**settings):
        model = nets.compiled(nets.functional())
        seal = SEALCallback(generations=2, split_at="second", **settings)
        x, y = nets.data()
        model.fit(x, y, epochs=4, verbose=0, callbacks=[seal, other])

    # Without a rate of its own, the plan follows that of the optimizer.
    fit()
    with pytest.raises(ValueError, match="would have no effect, because the"):
        fit(learning_rate=0.1)
