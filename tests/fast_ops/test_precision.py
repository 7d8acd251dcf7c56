"""Whether bfloat16 is faster than float32."""

import time

import pytest
import tensorflow as tf

from seal_tf.fast_ops import cache, precision


@pytest.fixture(autouse=True)
def _folder(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path)


def test_bfloat16_ratio_is_measured_once(monkeypatch):
    ratio = precision.bfloat16_ratio()
    assert 0 < ratio < 1000
    monkeypatch.setattr(precision, "_step", None)
    assert precision.bfloat16_ratio() == ratio


def test_bfloat16_ratio_is_that_of_the_times(monkeypatch):
    seconds = {"float32": 0.01, "bfloat16": 0.03}
    monkeypatch.setattr(
        precision, "_step", lambda dtype: lambda: time.sleep(seconds[dtype])
    )
    assert 2 < precision.bfloat16_ratio() < 4


def test_bfloat16_ratio_without_bfloat16_is_infinite(monkeypatch):
    def fail():
        raise tf.errors.InvalidArgumentError(None, None, "no primitive")

    monkeypatch.setattr(
        precision,
        "_step",
        lambda dtype: fail if dtype == "bfloat16" else lambda: None,
    )
    assert precision.bfloat16_ratio() == float("inf")
