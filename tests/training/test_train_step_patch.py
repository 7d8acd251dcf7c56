"""The train step of a model, for the length of one fit."""

import numpy as np
import pytest

from seal_tf import (
    GenerationCallback,
    SEALCallback,
    SEALModel,
    SEALTrainStep,
)
from seal_tf.schedules import SEAL
from seal_tf.training.plan_builder import build_plan
from seal_tf.training.step_control import StepControl
from seal_tf.training.train_step_patch import (
    check_train_step,
    is_patched,
    patch_train_step,
)
from seal_tf.utils.patching import AttributePatcher
from tests.training import nets


def _control(model):
    return StepControl(build_plan(SEAL(generations=2, split_at=0.5), model, 4))


def test_patch_train_step_is_undone_by_restore():
    model, patcher = nets.functional(), AttributePatcher()
    patch_train_step(model, _control(model), patcher)
    assert is_patched(model)
    patcher.restore()
    assert not is_patched(model)
    assert "train_step" not in vars(model)


def test_patch_train_step_of_seal_model_keeps_its_step():
    inner, patcher = nets.functional(), AttributePatcher()
    model = SEALModel(inner.inputs, inner.outputs)
    control = _control(model)
    patch_train_step(model, control, patcher)
    assert model._seal_control is control
    assert is_patched(model)
    patcher.restore()
    check_train_step(model)
    assert model._seal_control is None
    assert "train_step" not in vars(model)


@pytest.mark.tensorflow
def test_check_train_step_with_own_step_names_the_mixin():
    class Own(nets.Subclassed):
        def train_step(self, data):
            return super().train_step(data)

    with pytest.raises(ValueError, match="inherit seal_tf.SEALTrainStep"):
        check_train_step(Own())
    model = nets.functional()
    model.train_step = lambda data: {}
    with pytest.raises(ValueError, match="defines its own train_step"):
        check_train_step(model)


@pytest.mark.tensorflow
def test_own_step_gets_the_batch_prepared_once():
    seen = []

    class Own(SEALTrainStep, nets.Subclassed):
        def train_step(self, data):
            seen.append(data[0])
            # This is Keras' step, with the plan.
            return super().train_step(data)

        def call(self, x, training=False):
            seen.append(x)
            return super().call(x, training=training)

    x, y = nets.data()
    model = Own()
    model(x)
    nets.compiled(model, run_eagerly=True)
    seen.clear()
    callback = GenerationCallback(
        SEAL(generations=1, split_at="second"),
        prepare=lambda data: (2 * data[0], *data[1:]),
    )
    with pytest.warns(UserWarning, match="one generation"):
        model.fit(x, y, 48, 1, verbose=0, shuffle=False, callbacks=[callback])
    # The plan also traces the model, to find its layers.
    eager = [batch for batch in seen if hasattr(batch, "numpy")]
    assert len(eager) == 2
    for batch in eager:
        np.testing.assert_allclose(batch, 2 * x, rtol=1e-6)


def test_check_train_step_with_two_callbacks_raises():
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    callbacks = [SEALCallback(generations=2), SEALCallback(generations=2)]
    with pytest.raises(ValueError, match="Only one GenerationCallback"):
        model.fit(x, y, epochs=2, verbose=0, callbacks=callbacks)
