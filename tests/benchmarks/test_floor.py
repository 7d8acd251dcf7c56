"""Tests of the least time of a step."""

from __future__ import annotations

import keras

from benchmarks import floor


def test_step_floor_counts_products_and_bytes() -> None:
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(2, 3, padding="same", use_bias=False)(inputs)
    x = keras.layers.Flatten()(x)
    model = keras.Model(inputs, keras.layers.Dense(5, use_bias=False)(x))
    macs = 4 * 4 * 2 * 3 * 9 + 32 * 5
    floats = 5 * 10 * (32 + 32 + 5) + 8 * (2 * 3 * 9 + 32 * 5)
    result = floor.step_floor(model, 10, products=1e3, copies=1e2)
    assert result == {
        "products": 3 * 10 * macs / 1e3,
        "copies": 4 * floats / 1e2,
    }


def test_rates_are_those_of_a_processor() -> None:
    assert 1e8 < floor.product_rate() < 1e15
    assert 1e8 < floor.copy_rate() < 1e14
