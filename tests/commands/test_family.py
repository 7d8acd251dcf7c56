"""What methods other than SEAL leave behind."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.commands.runs import run


@pytest.mark.slow
def test_snapshots_and_their_ensemble(tmp_path):
    """M softmax means by hand; the export elsewhere gives the same."""
    from pipelines import read
    from pipelines.augmentation.normalise import normalise

    workdir = tmp_path / "kept"
    assert run(workdir, "--method=seal+snapshots", "--generations=3") == 0
    files = sorted((workdir / "snapshots").iterdir())
    assert [f.name for f in files] == [
        f"snapshot_0{i}.keras" for i in (1, 2, 3)
    ]
    held = read("digits", "validation", classes=4)
    members = []
    for file in files:
        model = keras.saving.load_model(file)
        z = model.predict(normalise(held.pixels), verbose=0).astype("float64")
        e = np.exp(z - z.max(1, keepdims=True))
        members.append(e / e.sum(1, keepdims=True))
    found = json.loads((workdir / "ensemble.json").read_text())
    for m in (1, 2, 3):
        mean = sum(members[-m:]) / m
        accuracy = (mean.argmax(1) == held.labels).mean()
        assert found["last"][m - 1] == pytest.approx(accuracy, abs=1e-6)
        alone = (members[m - 1].argmax(1) == held.labels).mean()
        assert found["members"][m - 1] == pytest.approx(alone, abs=1e-6)
    flat = np.stack(members).reshape(3, -1)
    np.testing.assert_allclose(
        found["correlations"], np.corrcoef(flat), atol=1e-4
    )
    ways = found["interpolation"]
    assert [len(way) for way in ways] == [11, 11]
    # Both ways end at the last snapshot.
    assert ways[0][-1]["loss"] == pytest.approx(ways[1][-1]["loss"], rel=1e-3)
    np.save(tmp_path / "x.npy", held.pixels)
    code = """
import sys
sys.modules["seal_tf"] = sys.modules["pipelines"] = None
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
np.savez(sys.argv[3], **model.serve(np.load(sys.argv[2])))
"""
    paths = [
        workdir / "export_ensemble",
        tmp_path / "x.npy",
        tmp_path / "o.npz",
    ]
    subprocess.run([sys.executable, "-c", code, *map(str, paths)], check=True)
    out = np.load(tmp_path / "o.npz")
    np.testing.assert_allclose(out["members"], members, atol=1e-6)
    np.testing.assert_allclose(
        out["probabilities"], sum(members) / 3, atol=1e-6
    )


@pytest.mark.slow
def test_freezing_is_priced_and_measured(tmp_path, capsys):
    workdir = tmp_path / "frozen"
    words = ["--method=freezeout", "--freezeout_t0=0.5", "--generations=4"]
    assert run(workdir, *words) == 0
    out = capsys.readouterr().out
    assert "freezing saves" in out
    found = json.loads((workdir / "summary.json").read_text())["freezing"]
    assert 0.05 < found["predicted_saving"] < 0.67
    assert [s["frozen"] for s in found["stages"]] == [0, 1, 2, 3, 4]
    assert sum(s["epochs"] for s in found["stages"]) == 8


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "normal",
        "llf",
        "annealed_ascent",
        "snapshots",
        "freezeout",
        "seal+freezeout",
        "llf+seal",
        "llf+snapshots",
        "snapshots+freezeout",
    ],
)
def test_every_method_by_command(tmp_path, name):
    """Trains, exports, and the export answers."""
    import tensorflow as tf

    assert run(tmp_path / "run", f"--method={name}") == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["method"] == name
    assert summary["epochs"] == 4
    model = tf.saved_model.load(tmp_path / "run" / "export")
    out = model.serve(np.zeros((3, 8, 8, 1), np.uint8))
    assert out["probabilities"].shape == (3, 4)
    assert ("ensemble" in summary) == ("snapshots" in name)
