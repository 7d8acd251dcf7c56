"""Who writes the SavedModel of a run."""

import importlib.util
import subprocess

import keras
import pytest

from seal_tf.cli.train import saved_models


@pytest.fixture
def other_backend(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")


def test_another_process_that_fails_is_named(
    other_backend, monkeypatch, tmp_path
):
    def run(command, **options):
        assert options["env"]["KERAS_BACKEND"] == "tensorflow"
        return subprocess.CompletedProcess(command, 1, "", "a\nthe cause\n")

    monkeypatch.setattr(saved_models.subprocess, "run", run)
    with pytest.raises(ValueError, match="could not write it: the cause"):
        saved_models.write_saved_model([], tmp_path, {"card": {}}, [])


def test_without_tensorflow_a_line_says_how_to_export(
    other_backend, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    files = [tmp_path / "model.keras"]
    saved_models.write_saved_model(files, tmp_path / "export", {}, [])
    assert f"--model={files[0]}" in capsys.readouterr().out
