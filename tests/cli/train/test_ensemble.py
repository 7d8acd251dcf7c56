import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.cli.runs import run


@pytest.mark.slow
def test_measure_ensemble_equals_mean_of_softmax_outputs(tmp_path):
    """The export, loaded without seal_tf, gives the same."""
    from pipelines import read
    from pipelines.augmentation.normalize import normalize

    workdir = tmp_path / "run"
    assert run(workdir, "--method=seal+snapshots", "--generations=3") == 0
    files = sorted((workdir / "snapshots").iterdir())
    assert [f.name for f in files] == [
        f"snapshot_0{i}.keras" for i in (1, 2, 3)
    ]
    images = read("digits", "validation", classes=4)
    members = []
    for file in files:
        model = keras.saving.load_model(file)
        z = model.predict(normalize(images.pixels), verbose=0).astype("float64")
        e = np.exp(z - z.max(1, keepdims=True))
        members.append(e / e.sum(1, keepdims=True))
    results = json.loads((workdir / "ensemble.json").read_text())
    for m in (1, 2, 3):
        mean = sum(members[-m:]) / m
        accuracy = (mean.argmax(1) == images.labels).mean()
        assert results["last"][m - 1] == pytest.approx(accuracy, abs=1e-6)
        single = (members[m - 1].argmax(1) == images.labels).mean()
        assert results["members"][m - 1] == pytest.approx(single, abs=1e-6)
    flat = np.stack(members).reshape(3, -1)
    np.testing.assert_allclose(
        results["correlations"], np.corrcoef(flat), atol=1e-4
    )
    paths = results["interpolation"]
    assert [len(path) for path in paths] == [11, 11]
    # Both paths end at the last snapshot.
    assert paths[0][-1]["loss"] == pytest.approx(paths[1][-1]["loss"], rel=1e-3)
    np.save(tmp_path / "x.npy", images.pixels)
    code = """
import sys
sys.modules["seal_tf"] = sys.modules["pipelines"] = None
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
np.savez(sys.argv[3], **model.serve(np.load(sys.argv[2])))
"""
    files = [
        workdir / "export_ensemble",
        tmp_path / "x.npy",
        tmp_path / "o.npz",
    ]
    subprocess.run([sys.executable, "-c", code, *map(str, files)], check=True)
    outputs = np.load(tmp_path / "o.npz")
    np.testing.assert_allclose(outputs["members"], members, atol=1e-6)
    np.testing.assert_allclose(
        outputs["probabilities"], sum(members) / 3, atol=1e-6
    )
