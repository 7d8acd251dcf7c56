"""Exporting .keras files."""

import json

import keras
import pytest

from seal_tf.cli.export.flags import ExportSettings
from seal_tf.cli.export.keras_file import export_keras_file, is_model_of_run


def test_is_model_of_run_needs_the_flags_of_a_run(tmp_path):
    file = tmp_path / "model.keras"
    assert not is_model_of_run(file)
    (tmp_path / "flags.txt").touch()
    assert is_model_of_run(file)
    assert not is_model_of_run(tmp_path / "other.keras")


def test_export_keras_file_of_a_run_copies_its_card(finished_run, tmp_path):
    folder = export_keras_file(
        finished_run / "model.keras", tmp_path / "export", ExportSettings()
    )
    card = json.loads((folder / "card.json").read_text())
    assert card["method"] == "seal"
    assert card["model_preprocessing"] == "torch"
    assert card["model"] == "model.keras"


def test_export_keras_file_of_any_size_needs_image_size(tmp_path):
    inputs = keras.Input((None, None, 3))
    outputs = keras.layers.Conv2D(2, 3, name="c")(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "m.keras")
    settings = ExportSettings("unit", ("penultimate",))
    with pytest.raises(ValueError, match="`image_size` must be given"):
        export_keras_file(tmp_path / "m.keras", tmp_path / "e", settings)
    settings = ExportSettings("unit", ("penultimate",), image_size=8)
    folder = export_keras_file(tmp_path / "m.keras", tmp_path / "e", settings)
    card = json.loads((folder / "card.json").read_text())
    assert card["input"]["shape"] == [8, 8, 3]
    assert card["endpoints"] == ["features"]
