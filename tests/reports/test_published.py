"""Published accuracies."""

from seal_tf.reports.published import ACCURACY


def test_accuracy_of_seal_exceeds_llf_at_each_number_of_generations():
    for generations in (3, 10):
        assert ACCURACY["seal", generations] > ACCURACY["llf", generations]
