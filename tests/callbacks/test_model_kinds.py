"""SEAL on every kind of Keras model, built or not."""

import numpy as np
import pytest

from seal_tf import SEALCallback
from tests.training import nets


@pytest.mark.parametrize("kind", nets.KINDS)
def test_early_layers_ascend_and_later_ones_descend(kind):
    """One ascent step, told apart from one descent step by its direction."""
    x, y = nets.data()

    def step(**settings):
        model = nets.KINDS[kind]()
        model(x[:1])
        weights = [
            np.random.default_rng(i).normal(0.5, 0.2, w.shape)
            for i, w in enumerate(model.get_weights())
        ]
        if kind in ("unbuilt sequential", "subclassed"):
            # Not built when fit begins: start from weights of its own,
            # which the seed makes the same.
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

    import keras

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
        moved = down[name] - start[name]
        factor = -0.5 if name.startswith("first") else 1
        np.testing.assert_allclose(
            up[name] - start[name], factor * moved, rtol=1e-3, atol=1e-6
        )
    assert callback.plan.layers[0][0].endswith("first")
    assert callback.plan.layers[1][0].endswith("second")


def _by_name(model):
    return {"/".join(v.path.split("/")[-2:]): v.numpy() for v in model.weights}


def test_two_fits_in_a_row_and_one_without():
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    callback = SEALCallback(generations=2, split_at="second")
    for _ in range(2):
        history = model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
        assert history.history["ascent"] == [0, 0, 1, 0]
        assert "train_step" not in vars(model)
        assert "fit" not in vars(model)
    history = model.fit(x, y, epochs=1, verbose=0)
    assert "ascent" not in history.history
    assert int(model.optimizer.iterations) == 2 * 4 * 2 + 2


def test_interrupted_fit_leaves_nothing_lent():
    import keras

    x, y = nets.data()
    model = nets.compiled(nets.functional(), "sgd")

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(
            x,
            y,
            epochs=2,
            verbose=0,
            callbacks=[
                SEALCallback(
                    generations=2, first_generation=1, ascent_scale=9.0
                ),
                Interrupt(),
            ],
        )
    twin = nets.compiled(nets.functional(), "sgd")
    twin.set_weights(model.get_weights())
    for m in (model, twin):
        history = m.fit(x, y, epochs=2, shuffle=False, verbose=0)
        assert "ascent" not in history.history
    assert not {"train_step", "fit"} & vars(model).keys()
    assert not {"apply", "update_step"} & vars(model.optimizer).keys()
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_embeddings_ascend_too():
    """Their gradients are sparse."""
    import keras

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
