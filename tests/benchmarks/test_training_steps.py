"""Tests of the training steps that benchmarks time."""

from __future__ import annotations

import numpy as np

from benchmarks import training_steps
from benchmarks.random_batch import random_batch
from seal_tf import FastOps
from seal_tf.optimizers import SGD


def test_compiled_model_has_the_settings_of_the_command() -> None:
    model = training_steps.compiled_model("small", 16, 5)
    assert isinstance(model.optimizer, SGD)
    assert model.optimizer.built
    assert not model.jit_compile
    assert model.output_shape == (None, 5)


def test_step_function_trains_one_step_per_call() -> None:
    model = training_steps.compiled_model("small", 16, 5)
    data = training_steps.repeat_batch(*random_batch(4, 16, 5))
    before = model.trainable_variables[0].numpy()
    step = training_steps.step_function(model, data)
    step()
    step()
    assert int(model.optimizer.iterations) == 2
    assert not np.array_equal(before, model.trainable_variables[0].numpy())


def test_start_callback_starts_a_fit() -> None:
    model = training_steps.compiled_model("small", 16, 5)
    callback = FastOps()
    assert training_steps.start_callback(callback, model, 3, 7) is callback
    assert callback.model is model
    assert callback.params == {"epochs": 3, "steps": 7, "verbose": 0}
    callback.on_train_end()
