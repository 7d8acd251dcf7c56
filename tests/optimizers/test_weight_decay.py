"""The timescale of weight decay, measured on weights without a gradient."""

import keras
import numpy as np
import pytest

from seal_tf.checkpoints.variables import values
from seal_tf.optimizers import SGD, set_weight_decay_timescale
from seal_tf.optimizers.weight_decay import read_weight_decay

EPOCHS, STEPS = 4, 50
RATE = 0.02
OPTIMIZERS = {
    "sgd": lambda: SGD(RATE, 0.9),
    "sgd, nesterov": lambda: SGD(RATE, 0.9, nesterov=True),
    "sgd, no momentum": lambda: SGD(RATE, 0.0),
    "adamw": lambda: keras.optimizers.AdamW(RATE),
    "keras sgd": lambda: keras.optimizers.SGD(RATE, 0.9),
    "lion": lambda: keras.optimizers.Lion(RATE),
    "accumulation": lambda: keras.optimizers.AdamW(
        RATE, gradient_accumulation_steps=2
    ),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.AdamW(RATE)
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_norm_without_gradient_decays_by_e_in_one_timescale(name):
    if name == "loss scale" and keras.config.backend() == "jax":
        pytest.skip("on JAX, Keras scales losses in stateless_apply only")
    optimizer = set_weight_decay_timescale(OPTIMIZERS[name](), EPOCHS, STEPS)
    weights = keras.Variable([3.0, 4.0])
    zero = [keras.ops.zeros(2)]
    # In the first steps the velocity builds up.
    optimizer.build([weights])

    def norm_after(count):
        for _ in range(count):
            optimizer.apply(zero, [weights])
        return np.linalg.norm(*values([weights]))

    before = norm_after(100)
    after = norm_after(EPOCHS * STEPS)
    steps = EPOCHS * STEPS / -np.log(after / before)
    # The formula is that of small steps: 5 % at (1 - m) * timescale = 20.
    assert steps == pytest.approx(EPOCHS * STEPS, rel=0.06)
    decay = read_weight_decay(optimizer)
    assert decay.timescale(RATE) == pytest.approx(EPOCHS * STEPS)


def test_read_weight_decay_without_decay_is_none():
    assert read_weight_decay(keras.optimizers.Adam()) is None
    assert read_weight_decay(SGD(0.1, 0.9)) is None


def test_optimizer_with_a_schedule_requires_the_highest_rate():
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 100)
    optimizer = keras.optimizers.AdamW(schedule)
    with pytest.raises(ValueError, match="`learning_rate`.*learning_rate=None"):
        set_weight_decay_timescale(optimizer, 2, 10)
    set_weight_decay_timescale(optimizer, 2, 10, learning_rate=0.01)
    assert optimizer.weight_decay == pytest.approx(5)
    assert read_weight_decay(optimizer).learning_rate is None


def test_numbers_out_of_range_are_named_as_they_were_passed():
    optimizer = keras.optimizers.AdamW(0.01)
    with pytest.raises(ValueError, match="weight_decay_timescale=-2$"):
        set_weight_decay_timescale(optimizer, -2, 10)
    with pytest.raises(ValueError, match="`steps_per_epoch`.*per_epoch=0$"):
        set_weight_decay_timescale(optimizer, 8, 0)
