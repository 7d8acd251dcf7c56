"""The files of averaged weights."""

import json

import keras
import numpy as np
import pytest

from tests.cli.runs import epochs_of, number, run

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
