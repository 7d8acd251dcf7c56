import datetime
from types import SimpleNamespace

from seal_tf.cli.train.summary import summarize
from seal_tf.utils.processor import processor_name


def _epoch(epoch, generation, val_accuracy, phase="descent"):
    return {
        "epoch": epoch,
        "generation": generation,
        "phase": phase,
        "val_accuracy": val_accuracy,
        "val_loss": 1.0,
        "accuracy": 0.1,
        "loss": 2.0,
        "seconds": 1.25,
    }


SETTINGS = SimpleNamespace(
    method="seal",
    seed=3,
    model=SimpleNamespace(arch="small"),
    data=SimpleNamespace(dataset="digits"),
    devices=SimpleNamespace(precision="float32"),
)


def test_summarize_separates_last_and_best_epoch():
    epochs = [
        _epoch(0, 0, 0.5),
        _epoch(1, 1, 0.2, "ascent"),
        _epoch(2, 1, 0.4),
    ]
    summary = summarize(SETTINGS, epochs, parameters=7)
    assert summary["last"]["epoch"] == 2 and summary["best"]["epoch"] == 0
    assert summary["epochs"] == 3 and summary["seconds"] == 3.8
    assert summary["parameters"] == 7 and summary["precision"] == "float32"
    datetime.date.fromisoformat(summary["date"])
    assert summary["machine"] == processor_name()
    first, second = summary["generations"]
    assert first["accuracy_at_end_of_ascent"] is None
    assert second["accuracy_at_end_of_ascent"] == 0.1
    assert second["val_accuracy_best_epoch"] == 2


def test_best_epoch_is_one_that_was_validated():
    epochs = [_epoch(0, 0, None), _epoch(1, 0, 0.5), _epoch(2, 0, None)]
    epochs.append(_epoch(3, 0, 0.4))
    summary = summarize(SETTINGS, epochs)
    assert summary["best"]["epoch"] == 1 and summary["last"]["epoch"] == 3
    (generation,) = summary["generations"]
    assert generation["val_accuracy_best"] == 0.5
    assert generation["val_accuracy_last"] == 0.4
