"""The files of averaged weights; test_average_validation.py trains."""

from seal_tf.cli.train import results
from seal_tf.cli.train.average_results import write_average


def test_write_results_calls_write_average():
    assert results.write_average is write_average
