"""Clipped ascent updates, against NumPy."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_tensor as tensor

from seal_tf import GenerationCallback
from seal_tf.checkpoints.variables import values
from seal_tf.schedules import SEAL
from seal_tf.training.update_clipping import UpdateClipping
from tests.training import nets


@pytest.fixture(scope="module")
def updates():
    """The (weights, update) of every variable at every step, by clip."""
    return {clip: _train(clip) for clip in (None, 0.001, 1.0)}


def _train(clip):
    keras.utils.set_random_seed(3)
    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.5))
    steps = []

    class Recorder(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self._before = values(self.model.trainable_weights)

        def on_train_batch_end(self, batch, logs=None):
            steps.append(
                [
                    (before, after - before)
                    for before, after in zip(
                        self._before,
                        values(self.model.trainable_weights),
                        strict=True,
                    )
                ]
            )

    schedule = SEAL(
        generations=2,
        split_at="second",
        ascent_scale=1.0,
        ascent_clip=clip,
        reset_optimizer=False,
    )
    model.fit(
        *nets.data(),
        batch_size=12,
        epochs=8,
        shuffle=False,
        verbose=0,
        callbacks=[GenerationCallback(schedule), Recorder()],
    )
    return steps


def _norm(arrays):
    return np.sqrt(sum(np.sum(np.float64(a) ** 2) for a in arrays))


def test_clip_changes_nothing_before_the_ascent(updates):
    for a, b in zip(updates[None][:16], updates[0.001][:16], strict=True):
        for (_, free), (_, clipped) in zip(a, b, strict=True):
            np.testing.assert_allclose(free, clipped, rtol=1e-4, atol=1e-7)


# The layer "first" has a kernel and a bias, "norm" has gamma and beta.
@pytest.mark.parametrize("layer", [slice(0, 2), slice(2, 4)])
def test_clip_shortens_the_update_of_each_ascending_layer(updates, layer):
    """The direction stays; the length is a fraction of the weight norm."""
    clipped, free = updates[0.001][16][layer], updates[None][16][layer]
    limit = 0.001 * _norm([w for w, _ in free])
    length = _norm([d for _, d in free])
    assert length > limit
    for (_, update), (_, free_update) in zip(clipped, free, strict=True):
        np.testing.assert_allclose(
            update, free_update * limit / length, rtol=2e-3, atol=1e-7
        )


def test_clip_does_not_change_updates_of_descending_layers(updates):
    clipped, free = updates[0.001][16][4:], updates[None][16][4:]
    for (_, update), (_, free_update) in zip(clipped, free, strict=True):
        np.testing.assert_allclose(update, free_update, rtol=1e-4, atol=1e-7)


def test_clip_above_the_updates_changes_nothing(updates):
    for a, b in zip(updates[None], updates[1.0], strict=True):
        for (_, free), (_, clipped) in zip(a, b, strict=True):
            np.testing.assert_allclose(free, clipped, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("sign", "expected"), [(-1.0, 0.5), (1.0, 3.0)])
def test_clip_of_one_layer_equals_the_formula(sign, expected):
    variable = keras.Variable([3.0, 4.0])
    clipping = UpdateClipping([(0, [variable])], tensor(0.1), [tensor(sign)])
    variable.assign([6.0, 4.0])
    clipping.clip()
    (value,) = values([variable])
    np.testing.assert_allclose(value, [3 + expected, 4], rtol=1e-6)
