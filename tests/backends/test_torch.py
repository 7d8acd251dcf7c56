"""What only PyTorch has: eager steps, and updates of all variables at once."""

import keras
import numpy as np
import pytest
import torch

from seal_tf import FreezeOutCallback, GenerationCallback, SEALCallback
from seal_tf.checkpoints.variables import values
from seal_tf.schedules import SEAL
from tests.training import nets

pytestmark = pytest.mark.torch

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, 0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "adamax": lambda: keras.optimizers.Adamax(0.01),
    "adadelta": lambda: keras.optimizers.Adadelta(1.0),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1),
    "lion": lambda: keras.optimizers.Lion(0.001),
    "nadam": lambda: keras.optimizers.Nadam(0.01),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "adafactor": lambda: keras.optimizers.Adafactor(0.01),
    "lamb": lambda: keras.optimizers.Lamb(0.01),
}


def _fit(optimizer, callbacks, model=None):
    keras.utils.set_random_seed(1)
    model = nets.compiled(model or nets.functional(), optimizer)
    x, y = nets.data(48)
    model.fit(x, y, 16, epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
    return values(model.weights)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_at_scale_1_equals_its_unpatched_self(name):
    """Two groups, with a scale of 1 in both, update in two calls."""
    plain = _fit(OPTIMIZERS[name](), [])
    # With the sign of descent and S = 1 nothing changes.
    schedule = SEAL(generations=1, split_at="second", reset_optimizer=False)
    same = _fit(OPTIMIZERS[name](), [GenerationCallback(schedule)])
    for a, b in zip(plain, same, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_update_in_two_groups_equals_one_update(name):
    """A FreezeOut that freezes nothing before its end has several groups."""
    from seal_tf.backends.torch import _update_by_factor

    results = []
    for split in (False, True):
        rng = np.random.default_rng(0)
        optimizer = OPTIMIZERS[name]()
        variables = [
            keras.Variable(rng.normal(size=3).astype("float32"))
            for _ in range(4)
        ]
        optimizer.build(variables)
        for _ in range(3):
            gradients = [
                torch.tensor(rng.normal(size=3), dtype=torch.float32)
                for _ in variables
            ]
            with torch.no_grad():
                if split:
                    patch = optimizer._backend_update_step
                    keys = {id(v): i % 2 for i, v in enumerate(variables)}
                    optimizer._backend_update_step = (
                        lambda g, v, r, p=patch, k=keys, o=optimizer: (
                            _update_by_factor(
                                o,
                                (lambda w: k[id(w)], lambda w, rate: rate),
                                p,
                                g,
                                v,
                                r,
                            )
                        )
                    )
                optimizer.apply(gradients, variables)
                if split:
                    del optimizer._backend_update_step
        results.append(values(variables))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


class OwnStep(nets.Subclassed):
    """A train step as in Keras' guide for PyTorch, without a mixin.

    Its loss is twice the compiled one.
    """

    def train_step(self, data):
        x, y = data
        self.zero_grad()
        loss = 2 * self.compute_loss(x, y, self(x, training=True))
        loss.backward()
        variables = list(self.trainable_weights)
        with torch.no_grad():
            self.optimizer.apply([v.value.grad for v in variables], variables)
        self._loss_tracker.update_state(loss.detach())
        return {m.name: m.result() for m in self.metrics}


def test_own_train_step_obeys_the_plan_as_keras_own_does():
    keras.utils.set_random_seed(1)
    own, plain = OwnStep(), nets.Subclassed()
    x, _ = nets.data()
    for model in (own, plain):
        model(x)
    plain.set_weights([np.array(w) for w in own.get_weights()])
    results = [
        _fit(
            keras.optimizers.SGD(rate),
            [SEALCallback(generations=2, split_at="second")],
            model,
        )
        for model, rate in ((own, 0.05), (plain, 0.1))
    ]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_frozen_prefix_has_no_gradient():
    frozen = []

    class Record(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            weights = self.model.trainable_weights
            frozen.append(sum(w.value.grad is None for w in weights))

    model = nets.blocks()
    model.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    x, y = np.ones((4, 8, 8, 1), "float32"), np.zeros(4, int)
    callbacks = [FreezeOutCallback(t0=0.3, learning_rate=0.1), Record()]
    model.fit(x, y, 4, epochs=4, verbose=0, callbacks=callbacks)
    assert frozen[0] == 0 < frozen[-1]
    assert all(w.value.requires_grad for w in model.trainable_weights)
