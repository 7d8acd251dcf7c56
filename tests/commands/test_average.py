"""`--ema_momentum`: what is validated is what is kept."""

import json

import keras
import numpy as np
import pytest

import pipelines
from seal_tf import FreezeOutCallback, SEALCallback
from seal_tf.callbacks import generation as training
from tests.commands.runs import epochs_of, number, refused, run
from tests.training import nets

EMA = ("--ema_momentum=0.8", "--method=normal")


def _loss(file):
    images = pipelines.read("digits", "validation", classes=4)
    model = keras.saving.load_model(file)
    model.compile(
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=0.1
        ),
    )
    batches = pipelines.evaluation_batches(images, 8)
    return model.evaluate(batches, verbose=0)


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["last", "best"])
def test_what_is_exported_is_what_was_validated(weights, tmp_path):
    words = (*EMA, f"--export_weights={weights}")
    assert run(tmp_path / "run", *words) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    found = _loss(tmp_path / "run" / "model.keras")
    assert found == number(summary[weights]["val_loss"])


@pytest.mark.slow
def test_goes_on_as_if_nothing_had_been(tmp_path):
    """One generation, then another on top, equals two at once."""
    assert run(tmp_path / "cut", *EMA, "--generations=1") == 0
    assert run(tmp_path / "cut", *EMA) == 0
    assert run(tmp_path / "whole", *EMA) == 0
    for cut, whole in zip(
        epochs_of(tmp_path / "cut"), epochs_of(tmp_path / "whole"), strict=True
    ):
        for name in ("loss", "val_loss", "val_accuracy"):
            assert cut[name] == whole[name], name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--track_learning"], "--track_learning would keep the weights"),
        (["--method=snapshots"], "--method=snapshots would keep the weights"),
    ],
)
def test_what_would_keep_other_weights_is_refused(
    words, said, tmp_path, capsys
):
    assert said in refused(capsys, tmp_path / "run", *EMA, *words)


def _fitted(callback, **options):
    keras.utils.set_random_seed(1)
    model = nets.compiled(
        nets.functional(),
        keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5),
    )
    averages = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            optimizer = self.model.optimizer
            averages[:] = [
                v.numpy() for v in optimizer._model_variables_moving_average
            ]

    model.fit(
        *nets.data(),
        epochs=4,
        verbose=0,
        callbacks=[callback, Watch()],
        **options,
    )
    return model, averages


def test_every_layer_ends_with_its_own_average_where_some_are_frozen():
    model, averages = _fitted(FreezeOutCallback(t0=0.3, grouping="layers"))
    for weight, average in zip(model.trainable_weights, averages, strict=True):
        np.testing.assert_array_equal(weight, average)


def test_a_diverged_run_keeps_its_weights(monkeypatch):
    """Nothing was averaged since the reset that comes with it."""
    asked = []

    def is_finite(loss):
        asked.append(loss)
        return len(asked) != 3

    monkeypatch.setattr(training, "is_finite", is_finite)
    with pytest.warns(RuntimeWarning, match="no longer finite"):
        model, _ = _fitted(SEALCallback(2, split_at="second"))
    assert all(np.abs(w).max() > 0 for w in model.get_weights()[:1])
