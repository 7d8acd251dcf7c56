"""What is kept for the next run on this machine."""

import keras
import pytest
import tensorflow as tf

from seal_tf.fast_ops import cache
from seal_tf.fast_ops.choices import Choices


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def _model(filters=3):
    inputs = keras.Input((4, 4, 3))
    return keras.Model(inputs, keras.layers.Conv2D(filters, 3)(inputs))


def test_load_returns_what_was_saved(folder):
    assert cache.load("model") is None
    choices = Choices(fused_batch_norm=False)
    cache.save("model", choices, {"seconds": 1.0})
    assert cache.load("model") == choices
    assert len(list(folder.iterdir())) == 1


def test_other_machine_or_thread_count_has_its_own_values(monkeypatch):
    cache.save_value("x", 1)
    monkeypatch.setattr(cache, "processor_name", lambda: "another CPU")
    assert cache.load_value("x") is None
    monkeypatch.undo()


def test_machine_with_a_gpu_has_its_own_values(monkeypatch):
    cache.save_value("x", 1)
    monkeypatch.setattr(cache, "_gpus", lambda: {"gpus": ["NVIDIA H100"]})
    assert cache.load_value("x") is None
    monkeypatch.undo()
    assert cache._gpus() == {}


def test_other_environment_has_its_own_values(monkeypatch):
    cache.save_value("x", 1)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert cache.load_value("x") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"value": {"choices": 3}}'])
def test_damaged_file_counts_as_absent(folder, text):
    cache.save("model", Choices(), {})
    (file,) = folder.iterdir()
    file.write_text(text)
    assert cache.load("model") is None


def test_save_into_a_folder_that_cannot_be_written_is_silent(folder):
    folder.write_text("a file")
    cache.save("model", Choices(), {})
    assert cache.load("model") is None


def test_model_key_depends_on_layers_inputs_and_batch():
    spec = tf.TensorSpec((None, 4, 4, 3))
    key = cache.model_key(_model(), spec, 32)
    assert key == cache.model_key(_model(), spec, 32)
    others = {
        cache.model_key(_model(4), spec, 32),
        cache.model_key(_model(), tf.TensorSpec((8, 4, 4, 3)), 32),
        cache.model_key(_model(), spec, 64),
    }
    assert len(others | {key}) == 4
