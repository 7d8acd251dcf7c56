"""SEAL on every kind of Keras model, built or not."""

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback
from tests.training import nets


@pytest.mark.parametrize("kind", nets.KINDS)
def test_ascent_of_any_kind_of_model_moves_early_layers_up(kind):
    """An ascent step has the direction opposite to a descent step."""
    x, y = nets.data()

    def step(**settings):
        model = nets.KINDS[kind]()
        model(x[:1])
        weights = [
            np.random.default_rng(i).normal(0.5, 0.2, w.shape)
            for i, w in enumerate(model.get_weights())
        ]
        if kind in ("unbuilt sequential", "subclassed"):
            # Fit builds the model; the seed makes its weights the same.
            model = nets.KINDS[kind]()
        else:
            model.set_weights(weights)
        nets.compiled(model, "sgd")
        callback = SEALCallback(
            epochs_per_generation=1, split_at="second", **settings
        )
        before = _by_name(model) if model.built else None
        model.fit(x, y, 48, epochs=1, verbose=0, callbacks=[callback])
        return before, _by_name(model), callback

    keras.utils.set_random_seed(3)
    start, down, _ = step()
    keras.utils.set_random_seed(3)
    _, up, callback = step(
        first_generation=1, ascent_epochs=1, ascent_scale=0.5
    )
    for name in ("first/kernel", "second/kernel", "third/kernel"):
        if start is None:
            assert np.allclose(up[name], down[name]) == (
                not name.startswith("first")
            )
            continue
        update = down[name] - start[name]
        factor = -0.5 if name.startswith("first") else 1
        np.testing.assert_allclose(
            up[name] - start[name], factor * update, rtol=1e-3, atol=1e-6
        )
    assert callback.plan.layers[0][0].endswith("first")
    assert callback.plan.layers[1][0].endswith("second")


def _by_name(model):
    return {"/".join(v.path.split("/")[-2:]): v.numpy() for v in model.weights}


def test_ascent_of_an_embedding_negates_its_sparse_gradient():
    rng = np.random.default_rng(0)
    words, y = rng.integers(0, 20, (32, 5)), rng.integers(0, 2, 32)
    model = keras.Sequential(
        [
            keras.layers.Embedding(20, 4, name="words"),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(2, activation="softmax", name="head"),
        ]
    )
    model.build((None, 5))
    start = model.get_weights()
    steps = []
    for first in (0, 1):
        model.set_weights(start)
        nets.compiled(model, "sgd")
        callback = SEALCallback(
            generations=1,
            first_generation=first,
            ascent_scale=0.5,
            split_at="head",
        )
        model.fit(words, y, 32, epochs=1, verbose=0, callbacks=[callback])
        steps.append(model.get_weights()[0] - start[0])
    np.testing.assert_allclose(steps[1], -0.5 * steps[0], atol=1e-7)
    assert np.abs(steps[0]).max() > 1e-4
