"""LLF as a callback: the reinitialized kernels."""

import keras
import numpy as np
import pytest

from seal_tf import LLFCallback
from seal_tf.schedules import LLF
from tests import methods
from tests.callbacks.block_fits import (
    WeightRecorder,
    compiled_blocks,
    fit_schedule,
)


def _reinitialized_kernels(digits, seed, **settings):
    """Return the kernel of the classifier after each reinitialization."""
    recorder = WeightRecorder()
    schedule = methods.METHODS["llf"](generations=4, seed=seed, **settings)
    fit_schedule(compiled_blocks(), schedule, digits, callbacks=[recorder])
    for epoch in (2, 4, 6):
        before, after = recorder.end[epoch - 1], recorder.begin[epoch]
        changed = {p for p in before if (before[p] != after[p]).any()}
        for path in changed:
            assert path.endswith("kernel")
            assert path.startswith(("conv4", "conv5", "predictions"))
        assert len(changed) == 3
    return [recorder.begin[e]["predictions/kernel"] for e in (2, 4, 6)]


def test_llf_kernels_are_new_in_each_generation_and_depend_on_the_seed(digits):
    first, same, other = (
        _reinitialized_kernels(digits, seed) for seed in (1, 1, 2)
    )
    for i in range(3):
        np.testing.assert_array_equal(first[i], same[i])
        assert (first[i] != other[i]).any()
        for j in range(i):
            assert (first[i] != first[j]).any()
    # Uniform within 1/sqrt(fan_in), with 8 inputs.
    bound = 1 / np.sqrt(8)
    for kernel in first:
        assert np.abs(kernel).max() <= bound
        assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.35)


def test_llf_with_initializer_uses_that_of_the_layer(digits):
    for kernel in _reinitialized_kernels(digits, 1, reinit="initializer"):
        # He-normal has six times the variance, and exceeds that bound.
        assert np.abs(kernel).max() > 1 / np.sqrt(8)
        assert kernel.std() == pytest.approx(np.sqrt(2 / 8), rel=0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "changed"),
    [
        ("classifier", ["predictions"]),
        ("blocks", ["conv3", "conv4", "conv5", "predictions"]),
        ("all", ["conv1", "conv2", "conv3", "conv4", "conv5", "predictions"]),
    ],
)
def test_llf_layers_change_their_kernels_only(digits, layers, changed):
    recorder = WeightRecorder()
    # Of five blocks, the stem among them, two stay.
    schedule = LLF(generations=2, layers=layers, rescale=False)
    fit_schedule(
        compiled_blocks(), schedule, digits, epochs=4, callbacks=[recorder]
    )
    before, after = recorder.end[1], recorder.begin[2]
    paths = {p for p in before if (before[p] != after[p]).any()}
    assert {p.split("_")[0].split("/")[0] for p in paths} == set(changed)
    assert all(p.endswith("kernel") for p in paths)


def test_llf_with_frozen_later_layers_raises(digits):
    model = compiled_blocks()
    for layer in model.layers:
        if layer.name.startswith(("conv4", "conv5", "predictions")):
            layer.trainable = False
    with pytest.raises(ValueError, match="no trainable .* to reinitialize"):
        fit_schedule(model, methods.METHODS["llf"](), digits)


def test_llf_callback_trains(digits):
    history = compiled_blocks().fit(
        *digits,
        16,
        epochs=4,
        verbose=0,
        callbacks=[LLFCallback(2, split_at="conv4_block1")],
    )
    assert isinstance(history, keras.callbacks.History)
    assert len(history.history["later_rate"]) == 4
