"""Every method, by command; `make test` has runs of SEAL in other files."""

import json

import numpy as np
import pytest

from tests.cli.runs import run


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "normal",
        "llf",
        "annealed_ascent",
        "snapshots",
        "snapshots+freezeout",
        "freezeout",
        "shrink_perturb",
        "swa",
        "distill",
        "llf+seal+snapshots+distill",
        "seal+freezeout",
        "llf+seal",
        "llf+snapshots",
        "seal+l2_schedule+layer_rates",
        "seal+freezeout+sam",
    ],
)
def test_method_trains_and_its_export_predicts(tmp_path, name):
    import tensorflow as tf

    assert run(tmp_path / "run", f"--method={name}") == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["method"] == name
    assert summary["epochs"] == 4
    model = tf.saved_model.load(tmp_path / "run" / "export")
    outputs = model.serve(np.zeros((3, 8, 8, 1), np.uint8))
    assert outputs["probabilities"].shape == (3, 4)
    assert ("average" in summary) == ("swa" in name)
    assert ("ensemble" in summary) == ("snapshots" in name)
