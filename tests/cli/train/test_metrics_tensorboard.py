import math

import keras
import numpy as np
import pytest

from seal_tf.cli.train.metrics_tensorboard import MetricsTensorBoard
from tests.callbacks.summaries import read_summaries


def test_metrics_tensorboard_writes_values_without_rates(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    board = MetricsTensorBoard(tmp_path, write_graph=False)
    board.set_model(model)
    board.on_train_begin()
    logs = {"loss": 1.0, "val_loss": 3.0, "later_rate": 0.1, "generation": 0}
    board.on_epoch_end(0, {**logs, "retained_accuracy": math.nan})
    board.on_epoch_end(1, {**logs, "retained_accuracy": 0.5})
    board.on_train_end()
    train = read_summaries(tmp_path / "train")
    assert set(train) == {
        "epoch_loss",
        "epoch_learning_rate",
        "epoch_retained_accuracy",
    }
    ((step, value),) = train["epoch_retained_accuracy"]
    assert (step, np.ravel(value)[0]) == (1, 0.5)
    assert set(read_summaries(tmp_path / "validation")) == {"epoch_loss"}


@pytest.mark.tensorflow
def test_full_disk_ends_the_file_and_not_the_training(tmp_path, monkeypatch):
    import tensorflow as tf

    board = MetricsTensorBoard(tmp_path, write_graph=False)

    def write(self, epoch, logs):
        calls.append(epoch)
        raise tf.errors.ResourceExhaustedError(None, None, "disk is full")

    calls = []
    monkeypatch.setattr(keras.callbacks.TensorBoard, "on_epoch_end", write)
    with pytest.warns(RuntimeWarning, match="disk is full.*Training continues"):
        board.on_epoch_end(0, {"loss": 1.0})
    board.on_epoch_end(1, {"loss": 1.0})
    assert calls == [0]
    monkeypatch.setattr(
        keras.callbacks.TensorBoard,
        "on_epoch_end",
        lambda *_: 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        MetricsTensorBoard(tmp_path).on_epoch_end(0, {"loss": 1.0})
