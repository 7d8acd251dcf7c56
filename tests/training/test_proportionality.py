import keras
import pytest

from seal_tf import SEALCallback
from seal_tf.optimizers import SGD
from seal_tf.training.optimizer_patch import UNSUPPORTED
from seal_tf.training.proportionality import check_proportional
from tests.training import nets

OPTIMIZERS = [
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lamb",
    "Lion",
    "Nadam",
    "RMSprop",
    "SGD",
]


class ReadsOwnRate(keras.optimizers.Optimizer):
    """An optimizer that ignores the argument `learning_rate`."""

    def update_step(self, gradient, variable, learning_rate):
        rate = keras.ops.cast(self.learning_rate, variable.dtype)
        self.assign_sub(variable, gradient * rate)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_check_proportional_accepts_optimizers_of_keras(name):
    assert name not in UNSUPPORTED
    check_proportional(getattr(keras.optimizers, name)(0.01))


def test_check_proportional_accepts_sgd_with_momentum_and_l2():
    check_proportional(SGD(0.1, 0.9, nesterov=True, l2=1e-3))


def test_check_proportional_optimizer_that_ignores_the_rate_is_refused():
    with pytest.raises(ValueError, match="ReadsOwnRate is not supported"):
        check_proportional(ReadsOwnRate(0.1))


def test_check_proportional_optimizer_without_config_is_refused():
    class Custom(keras.optimizers.SGD):
        def __init__(self, size):
            super().__init__(0.1)

    with pytest.raises(ValueError, match="Custom is not supported.*get_config"):
        check_proportional(Custom(3))


def test_fit_with_optimizer_that_ignores_the_rate_moves_no_weight():
    model = nets.compiled(nets.functional(), ReadsOwnRate(0.1))
    before = model.get_weights()
    with pytest.raises(ValueError, match="`learning_rate`"):
        model.fit(
            *nets.data(),
            epochs=8,
            verbose=0,
            callbacks=[SEALCallback(generations=2)],
        )
    assert all(
        (a == b).all() for a, b in zip(before, model.get_weights(), strict=True)
    )


def test_optimizer_compiled_during_fit_is_refused():
    class Recompile(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                nets.compiled(self.model, keras.optimizers.SGD(0.1))
                self.model.make_train_function()

    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="compiled during fit"):
        model.fit(
            *nets.data(),
            epochs=4,
            verbose=0,
            callbacks=[SEALCallback(generations=2), Recompile()],
        )
