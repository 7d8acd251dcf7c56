import pytest

from seal_tf.probes.learning_record import read_record
from tests.cli.runs import epochs_of


def test_learning_record_of_finished_run_gives_its_accuracies(finished_run):
    record = read_record(finished_run / "learning")
    accuracies = [e["val_accuracy"] for e in epochs_of(finished_run)]
    assert record["validation"].mean(1) == pytest.approx(accuracies)
    assert record["train"].shape == (4, 24)
