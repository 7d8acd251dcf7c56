"""SavedModels that a process writes from files."""

import io
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.cli.export import saved_model_task


def _file(path, seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, name="conv"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2),
        ]
    )
    model.save(path)
    return str(path)


@pytest.mark.parametrize("count", [1, 2])
def test_main_writes_a_network_or_an_ensemble(count, tmp_path, monkeypatch):
    files = [_file(tmp_path / f"{i}.keras", i) for i in range(count)]
    task = {
        "files": files,
        "out": str(tmp_path / "export"),
        "card": {"classes": ["a", "b"]},
    }
    if count == 1:
        task |= {"taps": ["conv"], "pooling": 1}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(task)))
    saved_model_task.main()
    model = tf.saved_model.load(task["out"])
    images = np.zeros((3, 8, 8, 3), np.uint8)
    outputs = model.serve(images)
    assert outputs["probabilities"].shape == (3, 2)
    assert ("members" in outputs) == (count == 2)
    card = json.loads((tmp_path / "export" / "card.json").read_text())
    assert card["classes"] == ["a", "b"]
