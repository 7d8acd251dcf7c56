"""The batches of a run, with and without TensorFlow."""

import json
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines import numpy_batches
from pipelines.errors import DataError
from seal_tf.cli.train.batches import (
    BatchDataset,
    check_without_tensorflow,
    evaluation_batches,
    training_batches,
)
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings
from tests.cli.runs import TINY, epochs_of, number, wait_for_epoch
from tests.pipelines.fakes import (
    image_folder_files,
    random_images,
    write_files,
)

#: Run the command of training as if TensorFlow were not installed.
WITHOUT_TENSORFLOW = """
import sys
sys.modules.update(tensorflow=None, tensorflow_datasets=None)
from seal_tf.train import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def no_tensorflow(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)


class _Recorder(keras.Model):
    """A model that keeps the labels of its batches."""

    def __init__(self):
        super().__init__()
        self.labels = []

    def train_step(self, data):
        self.labels.append(np.asarray(data[1]))
        return {"batches": tf.constant(len(self.labels))}

    test_step = train_step

    def call(self, x):
        return x


def test_fit_takes_the_batches_of_all_epochs_in_order():
    arguments = {"seed": 3, "epochs": 4, "labels": "integer"}
    batches = numpy_batches.training_batches(random_images(), 8, **arguments)
    dataset = BatchDataset(batches, endless=True, workers=3)
    model = _Recorder()
    model.compile(run_eagerly=True)
    model.fit(dataset, steps_per_epoch=3, epochs=4, shuffle=False, verbose=0)
    expected = [y for _, y in batches]
    assert len(model.labels) == len(expected) == 12
    for labels, other in zip(model.labels, expected, strict=True):
        np.testing.assert_array_equal(labels, other)


def test_evaluate_takes_each_batch_once():
    batches = numpy_batches.evaluation_batches(random_images(), 8)
    model = _Recorder()
    model.compile(run_eagerly=True)
    for _ in range(2):
        model.evaluate(BatchDataset(batches), verbose=0)
    assert [len(y) for y in model.labels] == [8, 8, 6] * 2


def test_take_and_iteration_have_an_end():
    batches = numpy_batches.training_batches(
        random_images(), 8, seed=0, epochs=1
    )
    dataset = BatchDataset(batches, endless=True)
    assert dataset.num_batches is None
    assert len(list(dataset)) == 3
    first = dataset.take(2)
    assert first.num_batches == len(list(first)) == 2
    np.testing.assert_array_equal(first[1][0], batches[1][0])
    assert dataset.take(9).num_batches == 3


def test_tensorflow_makes_the_batches_where_it_is_installed(monkeypatch):
    images = random_images()
    assert isinstance(evaluation_batches(images, 8), tf.data.Dataset)
    monkeypatch.setattr(
        "pipelines.training_batches", lambda *args, **kwargs: (args, kwargs)
    )
    assert training_batches(images, 8, seed=0, on_device=True) == (
        (images, 8),
        {"seed": 0, "on_device": True},
    )


@pytest.mark.usefixtures("no_tensorflow")
def test_numpy_makes_the_batches_where_tensorflow_is_not_installed():
    images = random_images()
    training = training_batches(images, 8, seed=0, epochs=1)
    assert isinstance(training, BatchDataset)
    assert training.num_batches is None
    assert evaluation_batches(images, 8).num_batches == 3


def _settings(*words):
    from seal_tf.cli.flags import parse

    return train_settings(parse(define_train_flags, "", [*TINY, *words]))


@pytest.mark.usefixtures("no_tensorflow")
def test_what_needs_tensorflow_is_refused_by_name():
    words = ["--workdir=unused", "--backend=torch"]
    check_without_tensorflow(_settings(*words, "--crop_padding=2"))
    with pytest.raises(DataError, match="`cutmix_alpha` must be 0"):
        check_without_tensorflow(_settings(*words, "--cutmix_alpha=1"))
    with pytest.raises(ValueError, match="`profile_steps` requires"):
        check_without_tensorflow(_settings(*words, "--profile_steps=2:3"))


def test_tensorflow_allows_every_augmentation():
    check_without_tensorflow(
        _settings("--workdir=unused", "--cutmix_alpha=1", "--randaugment=2")
    )


def _start(workdir, *words, tensorflow=False):
    command = ["-m", "seal_tf.train"]
    if not tensorflow:
        command = ["-c", WITHOUT_TENSORFLOW]
    return subprocess.Popen(
        [sys.executable, *command, *TINY, f"--workdir={workdir}", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _train(workdir, *words, **kwargs):
    process = _start(workdir, *words, **kwargs)
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors[-3000:]
    return output


def _assert_same_epochs(workdir, other):
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    epochs, expected = epochs_of(workdir), epochs_of(other)
    assert len(epochs) == len(expected) == 4
    for epoch, other_epoch in zip(epochs, expected, strict=True):
        for name in names:
            assert epoch[name] == number(other_epoch[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_run_without_tensorflow_equals_the_run_with_it(tmp_path, backend):
    pytest.importorskip(backend)
    words = [f"--backend={backend}", "--balance_classes", "--track_learning"]
    output = _train(tmp_path / "without", *words)
    assert "SavedModels require TensorFlow" in output
    for name in ("model.keras", "report.html", "summary.json"):
        assert (tmp_path / "without" / name).exists()
    assert not (tmp_path / "without" / "export").exists()
    assert any((tmp_path / "without" / "tensorboard").glob("events*"))
    _train(tmp_path / "with", *words, tensorflow=True)
    _assert_same_epochs(tmp_path / "without", tmp_path / "with")
    data = [
        json.loads((tmp_path / name / "data.json").read_text())
        for name in ("without", "with")
    ]
    assert data[0] == data[1]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_run_without_tensorflow_resumes(tmp_path, backend):
    pytest.importorskip(backend)
    words = [f"--backend={backend}", "--progress=lines"]
    _train(tmp_path / "whole", *words)
    process = _start(tmp_path / "stopped", *words)
    wait_for_epoch(process, 2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=600)
    assert process.returncode
    assert not (tmp_path / "stopped" / "summary.json").exists()
    _train(tmp_path / "stopped", *words)
    _assert_same_epochs(tmp_path / "stopped", tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["swa", "snapshots"])
def test_image_folder_without_tensorflow_equals_the_run_with_it(
    tmp_path, method
):
    pytest.importorskip("torch")
    folder = write_files(image_folder_files(), tmp_path / "images")
    words = [
        "--backend=torch",
        "--dataset=image_folder",
        f"--data_dir={folder}",
        "--classes=2",
        "--image_size=16",
        f"--method={method}",
    ]
    words += {
        "swa": ["--epochs=4"],
        "snapshots": ["--snapshots_cycles=2"],
    }[method]
    _train(tmp_path / "without", *words)
    _train(tmp_path / "with", *words, tensorflow=True)
    _assert_same_epochs(tmp_path / "without", tmp_path / "with")
