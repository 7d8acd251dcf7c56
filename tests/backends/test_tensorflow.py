"""The train step against Keras' own.

If a test fails on a new Keras release, compare
`seal_tf.backends.tensorflow` with
`keras.Model.train_step`.
"""

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, SEALCallback
from seal_tf.schedules import Normal
from tests.training import nets

RNG = np.random.default_rng(7)
OPTIONS = {
    "plain": ({}, {}),
    "sample_weight": ({}, {"sample_weight": RNG.uniform(0, 2, 50)}),
    "class_weight": ({}, {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}}),
    "steps_per_execution": ({"steps_per_execution": 3}, {}),
    "eager": ({"run_eagerly": True}, {}),
    "xla": ({"jit_compile": True}, {}),
}
OPTIMIZERS = {
    "adam": lambda: "adam",
    "clipnorm": lambda: keras.optimizers.SGD(0.1, 0.9, clipnorm=0.1),
    "global_clipnorm": lambda: keras.optimizers.Adam(global_clipnorm=0.1),
    "schedule": lambda: keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(0.01, 20), weight_decay=0.1
    ),
    "accumulation": lambda: keras.optimizers.Adam(
        gradient_accumulation_steps=2
    ),
    "ema": lambda: keras.optimizers.Adam(use_ema=True, ema_momentum=0.9),
}


#: The quick suite runs these optimizers.
QUICK = ("adam", "schedule", "ema")


@pytest.mark.parametrize(
    "option,optimizer",
    [
        # XLA is slow on a CPU.
        pytest.param(o, "adam", marks=[pytest.mark.slow] * (o == "xla"))
        for o in OPTIONS
    ]
    + [
        pytest.param("plain", o, marks=[pytest.mark.slow] * (o not in QUICK))
        for o in OPTIMIZERS
        if o != "adam"
    ],
)
def test_fit_without_ascent_equals_keras(option, optimizer):
    x, y = nets.data(50)
    compile_options, fit_options = OPTIONS[option]
    results = []
    for callbacks in (
        [],
        [GenerationCallback(Normal(generations=1))],
        [SEALCallback(generations=1)],
    ):
        keras.utils.set_random_seed(5)
        model = nets.compiled(
            nets.functional(),
            OPTIMIZERS[optimizer](),
            **({"jit_compile": False} | compile_options),
        )
        history = model.fit(
            x, y, 16, epochs=3, verbose=0, callbacks=callbacks, **fit_options
        ).history
        results.append((history["loss"], model.get_weights()))
    keras_losses, keras_weights = results[0]
    for losses, weights in results[1:]:
        np.testing.assert_allclose(losses, keras_losses, rtol=1e-5)
        for a, b in zip(weights, keras_weights, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_fit_without_ascent_in_mixed_precision_equals_keras(policy):
    keras.config.set_dtype_policy(policy)
    x, y = nets.data(64)
    results = []
    for callbacks in ([], [SEALCallback(generations=1)]):
        keras.utils.set_random_seed(5)
        model = nets.compiled(nets.functional())
        history = model.fit(x, y, epochs=3, verbose=0, callbacks=callbacks)
        results.append(history.history["loss"])
    np.testing.assert_allclose(*results, rtol=2e-3)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_fit_with_reset_in_mixed_precision_keeps_the_loss_scale(policy):
    keras.config.set_dtype_policy(policy)
    x, y = nets.data(64)
    model = nets.compiled(nets.functional())
    callback = SEALCallback(generations=2, split_at="second")
    model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
    assert int(model.optimizer.iterations) == 4 * 2
    if policy == "mixed_float16":
        assert float(model.optimizer.dynamic_scale) == 2.0**15
        assert int(model.optimizer.step_counter) == 4 * 2


def test_fit_with_seal_traces_as_often_as_keras():
    x, y = nets.data(48)

    def count_traces(epochs, callbacks):
        traces = []

        class Counter(keras.layers.Layer):
            def call(self, x):
                traces.append(1)
                return x

        inputs = keras.Input((6,))
        h = keras.layers.Dense(4, name="first")(inputs)
        h = Counter()(h)
        model = keras.Model(inputs, keras.layers.Dense(3, name="second")(h))
        model.compile("adam", "mse", jit_compile=False)
        traces.clear()
        model.fit(
            x,
            np.eye(3)[y],
            16,
            epochs=epochs,
            verbose=0,
            callbacks=callbacks,
        )
        return len(traces)

    plain = count_traces(6, [])
    seal = count_traces(6, [SEALCallback(generations=3, split_at="second")])
    one = count_traces(1, [SEALCallback(generations=1, split_at="second")])
    assert seal <= plain
    assert seal == one
