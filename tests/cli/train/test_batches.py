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
    dataset = BatchDataset(batches, endless=True)
    model = _Recorder()
    model.compile(run_eagerly=True)
    model.fit(dataset, steps_per_epoch=3, epochs=4, shuffle=False, verbose=0)
    expected = [y for _, y in batches]
    assert len(model.labels) == len(expected) == 12
    for labels, other in zip(model.labels, expected, strict=True):
        np.testing.assert_array_equal(labels, other)


def test_endless_batches_can_start_anew_anywhere():
    batches = numpy_batches.training_batches(
        random_images(), 8, seed=0, epochs=1
    )
    dataset = BatchDataset(batches, endless=True)
    # Epochs after the last one have batches of their own.
    for index in (0, 0, 1, 2, 3, 4, 1, 7, 0):
        for values, other in zip(
            dataset[index], batches.batch(index), strict=True
        ):
            np.testing.assert_array_equal(values, other)


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
def test_run_without_tensorflow_equals_the_run_with_it_and_resumes(
    tmp_path, backend
):
    pytest.importorskip(backend)
    whole, stopped, other = (tmp_path / name for name in ("a", "b", "c"))
    # A small rate keeps the differences of rounding small.
    words = [
        f"--backend={backend}",
        "--learning_rate=0.005",
        "--balance_classes",
        "--track_learning",
        "--progress=lines",
    ]
    output = _train(whole, *words)
    assert "SavedModels require TensorFlow" in output
    for name in ("model.keras", "report.html", "summary.json"):
        assert (whole / name).exists()
    assert not (whole / "export").exists()
    assert any((whole / "tensorboard").glob("events*"))

    process = _start(stopped, *words)
    wait_for_epoch(process, 2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=600)
    assert process.returncode
    assert not (stopped / "summary.json").exists()
    _train(stopped, *words)
    _assert_same_epochs(stopped, whole)

    _train(other, *words, tensorflow=True)
    _assert_same_epochs(whole, other)
    data = [
        json.loads((run / "data.json").read_text()) for run in (whole, other)
    ]
    assert data[0] == data[1]


@pytest.mark.slow
def test_image_folder_without_tensorflow_equals_the_run_with_it(tmp_path):
    pytest.importorskip("torch")
    folder = write_files(image_folder_files(), tmp_path / "images")
    words = [
        "--backend=torch",
        "--dataset=image_folder",
        f"--data_dir={folder}",
        "--classes=2",
        "--image_size=16",
        "--learning_rate=0.005",
        "--method=snapshots",
        "--snapshots_cycles=2",
    ]
    _train(tmp_path / "a", *words)
    _train(tmp_path / "b", *words, tensorflow=True)
    _assert_same_epochs(tmp_path / "a", tmp_path / "b")
    ensembles = [
        json.loads((tmp_path / name / "ensemble.json").read_text())["last"]
        for name in ("a", "b")
    ]
    assert ensembles[0] == ensembles[1]
