"""The linear probe on data with a known answer."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from seal_tf.probes.labeled_features import LabeledFeatures
from seal_tf.probes.linear import compute
from tests.probes.fakes import gaussian_classes


def test_linear_probe_of_separated_classes_is_accurate():
    x, y = gaussian_classes(200)
    test_x, truth = gaussian_classes(100, seed=1)
    result = compute.linear_probe(
        LabeledFeatures(x * 1000, y), LabeledFeatures(test_x * 1000, truth)
    )
    correct = result["correct"]
    assert result["top1"] > 0.9
    assert result["top1"] == correct.mean()
    assert result["top5"] == 1
    assert result["mean_per_class"] == pytest.approx(
        np.mean([correct[truth == c].mean() for c in range(4)])
    )
    low, high = result["interval"]
    assert low < result["top1"] < high
    assert result["converged"]


def test_linear_probe_of_noise_is_at_chance():
    rng = np.random.default_rng(0)
    result = compute.linear_probe(
        LabeledFeatures(rng.normal(size=(200, 50)), np.arange(200) % 2),
        LabeledFeatures(rng.normal(size=(400, 50)), np.arange(400) % 2),
    )
    assert 0.4 < result["top1"] < 0.6


def test_linear_probe_with_one_example_of_a_class_raises():
    part = LabeledFeatures(*gaussian_classes(5))
    with pytest.raises(ValueError, match="at least 2 training images"):
        compute.linear_probe(part, part)


def test_linear_probe_shares_fits_of_equal_c():
    training = LabeledFeatures(*gaussian_classes(60))
    test = LabeledFeatures(*gaussian_classes(30, seed=1))
    fits = {}
    first = compute.linear_probe(training, test, seed=0, fits=fits)
    again = compute.linear_probe(training, test, seed=0, fits=fits)
    assert list(fits) == [first["C"]]
    assert again["top1"] == first["top1"]


def test_protocol_lists_the_values_of_c():
    assert "1e-05" in compute.protocol()


def test_linear_probe_of_few_features_uses_one_thread(monkeypatch):
    """More threads made a probe of 1,000 x 128 features 60 times slower."""
    threads = []
    original = compute._fit

    def record_threads(*arguments):
        threads.append({pool["num_threads"] for pool in threadpool_info()})
        return original(*arguments)

    monkeypatch.setattr(compute, "_fit", record_threads)
    part = LabeledFeatures(*gaussian_classes(60))
    with threadpool_limits(2):
        compute.linear_probe(part, part)
    assert threads and all(counts == {1} for counts in threads)


def test_linear_probe_reports_progress_after_each_fit(monkeypatch):
    events = []
    original = compute._fit

    def record_fit(*arguments):
        events.append("fit")
        return original(*arguments)

    monkeypatch.setattr(compute, "_fit", record_fit)
    part = LabeledFeatures(*gaussian_classes(60))
    compute.linear_probe(
        part, part, progress=lambda completed, count: events.append(completed)
    )
    fits = events.count("fit")
    expected = [event for i in range(1, fits) for event in ("fit", i)]
    assert events == [*expected, "fit", compute.MAX_FITS]
