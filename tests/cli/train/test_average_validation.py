"""Averaged weights of a run: validated, exported, resumed."""

import json

import keras
import numpy as np
import pytest

from tests.cli.runs import epochs_of, error_of, number, run

SWA = ("--method=swa+snapshots", "--swa_count=2", "--epochs_per_generation=3")


@pytest.mark.slow
def test_run_validates_and_exports_plain_and_averaged_weights(tmp_path):
    import tensorflow as tf

    folder = tmp_path / "run"
    assert run(folder, *SWA) == 0
    lines = epochs_of(folder)
    averaged = ["averaged_val_accuracy" in line for line in lines]
    assert averaged == [False, False, True] * 2
    summary = json.loads((folder / "summary.json").read_text())
    average = summary["average"]
    assert average["weights"] == 2
    assert average["val_loss"] == number(lines[-1]["averaged_val_loss"])
    assert average["val_loss"] != summary["last"]["val_loss"]
    assert summary["ensemble"]["snapshots"] == 2
    plain, other = (
        keras.saving.load_model(folder / f"{name}.keras").get_weights()
        for name in ("model", "model_averaged")
    )
    assert any((a != b).any() for a, b in zip(plain, other, strict=True))
    exported = tf.saved_model.load(folder / "export_averaged")
    outputs = exported.serve(np.zeros((3, 8, 8, 1), np.uint8))
    assert outputs["probabilities"].shape == (3, 4)


@pytest.mark.slow
def test_resumed_run_has_the_average_of_the_whole(tmp_path):
    """The first command ends between two generations."""
    words = (*SWA, "--swa_average=generations")
    assert run(tmp_path / "whole", *words) == 0
    assert run(tmp_path / "cut", *words, "--checkpoints_kept=9") == 0
    # Resume within the second generation.
    for file in (tmp_path / "cut" / "checkpoints").glob("epoch_*[56].npz"):
        file.unlink()
    (tmp_path / "cut" / "summary.json").unlink()
    assert run(tmp_path / "cut", *words, "--checkpoints_kept=9") == 0
    for a, b in zip(
        epochs_of(tmp_path / "whole"), epochs_of(tmp_path / "cut"), strict=True
    ):
        assert a["val_loss"] == b["val_loss"]
        assert a.get("averaged_val_loss") == b.get("averaged_val_loss")


def test_average_of_too_few_generations_is_one_line(tmp_path, capsys):
    words = ("--method=swa", "--swa_average=generations", "--generations=1")
    line = error_of(capsys, tmp_path / "run", *words)
    assert "averages at least 2 weights" in line
    assert not (tmp_path / "run").exists()
