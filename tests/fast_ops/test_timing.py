"""Timing of algorithms, and the choice among them."""

import math
import time

import numpy as np
import tensorflow as tf

from seal_tf.fast_ops import timing
from seal_tf.fast_ops.convolution import forward
from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.table import table_choice

GEOMETRY = Geometry(2, 4, 4, 3, 4, 3, 1, "SAME", "float32")


def _soon():
    return time.monotonic() + 60


def test_time_algorithms_times_every_part_with_the_default_first():
    times = timing.time_algorithms(GEOMETRY, _soon())
    assert list(times) == ["forward", "input_gradient", "kernel_gradient"]
    for seconds in times.values():
        assert next(iter(seconds)) == "direct"
        assert all(0 < s < 60 for s in seconds.values())
    assert len(times["input_gradient"]) == 4


def test_time_algorithms_after_the_deadline_times_nothing():
    times = timing.time_algorithms(GEOMETRY, time.monotonic() - 1)
    assert times == {}
    assert timing.select(GEOMETRY, times) == table_choice(GEOMETRY)


def test_time_algorithms_up_to_the_deadline_times_the_default_only():
    times = timing.time_algorithms(GEOMETRY, time.monotonic() + 1e-3)
    assert [list(seconds) for seconds in times.values()] == [["direct"]] * 3
    assert timing.select(GEOMETRY, times) == table_choice(GEOMETRY)


def test_wrong_algorithm_is_never_selected(monkeypatch):
    algorithms = forward.candidates(GEOMETRY)

    def wrong(geometry, x, kernel):
        return forward.direct(geometry, x, kernel) * 1.01

    def not_a_number(geometry, x, kernel):
        return forward.direct(geometry, x, kernel) * np.nan

    algorithms |= {"im2col": wrong, "products": not_a_number}
    monkeypatch.setattr(forward, "candidates", lambda geometry: algorithms)
    times = timing.time_algorithms(GEOMETRY, _soon())["forward"]
    assert times["im2col"] == times["products"] == math.inf
    assert timing.select(GEOMETRY, {"forward": times})["forward"] == "direct"


def test_slow_algorithm_is_dropped_after_one_timed_call(monkeypatch):
    algorithms, calls = forward.candidates(GEOMETRY), []

    def slow(geometry, x, kernel):
        calls.append(1)
        time.sleep(0.05)
        return forward.direct(geometry, x, kernel)

    algorithms["im2col"] = slow
    monkeypatch.setattr(forward, "candidates", lambda geometry: algorithms)
    times = timing.time_algorithms(GEOMETRY, _soon())["forward"]
    # One call compares the result.
    assert len(calls) == 2 and times["im2col"] > 0.05


def test_select_replaces_the_default_only_by_a_clearly_faster_algorithm():
    names = timing.PARTS["forward"].candidates(GEOMETRY)

    def select(direct, im2col):
        seconds = dict.fromkeys(names, 9.0)
        seconds |= {"direct": direct, "im2col": im2col}
        return timing.select(GEOMETRY, {"forward": seconds})["forward"]

    assert select(1.0, 0.98) == "direct"
    assert select(1.0, 0.9) == "im2col"


def test_large_geometry_is_timed_on_fewer_images(monkeypatch):
    monkeypatch.setattr(timing, "usable_cores", lambda: 2)
    large = Geometry(512, 64, 64, 64, 64, 3, 1, "SAME", "float32")
    assert timing._sample(large).images == 2
    small = Geometry(None, 4, 4, 8, 8, 3, 1, "SAME", "float32")
    assert timing._sample(small).images == 32
    assert timing._sample(GEOMETRY) == GEOMETRY


def test_results_in_bfloat16_are_compared_with_float32():
    reference = tf.constant([1.0, 2.0])
    assert timing._is_close(tf.constant([1.05, 2.0]), reference, "bfloat16")
    assert not timing._is_close(tf.constant([1.05, 2.0]), reference, "float32")
    assert not timing._is_close(tf.constant([1.0]), reference, "float32")
