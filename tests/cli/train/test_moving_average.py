"""`--ema_momentum`: validation and export use the moving average."""

import json

import keras
import pytest

import pipelines
from tests.cli.runs import epochs_of, error_of, number, run

EMA = ("--ema_momentum=0.8", "--method=normal")


def _validation_loss(file):
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
def test_export_has_the_validated_weights(weights, tmp_path):
    words = (*EMA, f"--export_weights={weights}")
    assert run(tmp_path / "run", *words) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    loss = _validation_loss(tmp_path / "run" / "model.keras")
    assert loss == number(summary[weights]["val_loss"])


@pytest.mark.slow
def test_one_generation_after_another_equals_two_at_once(tmp_path):
    assert run(tmp_path / "cut", *EMA, "--generations=1") == 0
    assert run(tmp_path / "cut", *EMA) == 0
    assert run(tmp_path / "whole", *EMA) == 0
    for cut, whole in zip(
        epochs_of(tmp_path / "cut"), epochs_of(tmp_path / "whole"), strict=True
    ):
        for name in ("loss", "val_loss", "val_accuracy"):
            assert cut[name] == whole[name], name


@pytest.mark.parametrize(
    "word", ["--track_learning", "--method=snapshots", "--method=swa"]
)
def test_moving_average_and_raw_weights_are_incompatible(
    word, tmp_path, capsys
):
    line = error_of(capsys, tmp_path / "run", *EMA, word)
    assert f"and {word} are incompatible" in line
