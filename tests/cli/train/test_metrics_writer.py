import numpy as np

from seal_tf.cli.train.metrics_writer import MetricsWriter
from tests.cli.runs import epochs_of


def test_get_state_set_state_round_trip_keeps_the_best_weights():
    writer = MetricsWriter(None, None, 10)
    assert writer.get_state() == {
        "epoch": None,
        "accuracy": None,
        "weights": [],
    }
    writer.best = (3, 0.5, [np.arange(3)])
    restored = MetricsWriter(None, None, 10)
    restored.set_state(writer.get_state())
    assert restored.best == writer.best


def test_set_state_without_best_leaves_none():
    writer = MetricsWriter(None, None, 10)
    writer.set_state({"epoch": None, "accuracy": None, "weights": []})
    assert writer.best is None


def test_metrics_of_finished_run_have_a_rate_per_epoch(finished_run):
    for epoch in epochs_of(finished_run):
        assert epoch["images_per_second"] > 0
        assert epoch["seconds"] > 0
