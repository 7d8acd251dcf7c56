"""The state of a run, and its parts."""

import dataclasses

import keras
import numpy as np
import pytest

from seal_tf.checkpoints.state import (
    MetricsState,
    ModelState,
    PlanState,
    RunState,
    collect_state,
    model_variables,
    restore_state,
)
from seal_tf.checkpoints.variables import values
from seal_tf.optimizers import SGD
from seal_tf.schedules import SEAL
from seal_tf.schedules.ascent_backoff import AscentBackoff
from seal_tf.training.plan_builder import build_plan
from tests.checkpoints.states import make_state
from tests.training import nets


class _Part:
    def __init__(self, value):
        self.value = value

    def get_state(self):
        return {"value": self.value}

    def set_state(self, state):
        self.value = state["value"]


def _model():
    model = nets.compiled(nets.functional())
    model.optimizer.build(model.trainable_variables)
    return model


def _plan(model, **settings):
    settings = {"generations": 2, "split_at": "second"} | settings
    return build_plan(SEAL(**settings), model, 8)


def _state(model, plan):
    return RunState(
        4,
        0,
        {
            "plan": PlanState(plan).get_state(),
            "model": ModelState(model).get_state(),
            "optimizer": {"variables": values(model.optimizer.variables)},
        },
    )


def test_restore_state_restores_every_part_that_the_state_contains():
    state = collect_state(2, 1, {"a": _Part(1), "b": _Part(2)})
    assert (state.position, state.started_epochs) == ((2, 1), 3)
    assert collect_state(2, 0, {}).started_epochs == 2
    a, new = _Part(0), _Part(9)
    restore_state(state, {"a": a, "new": new})
    assert (a.value, new.value) == (1, 9)


def test_with_backoffs_replaces_them_only():
    state = make_state(3)
    backoffs = (AscentBackoff(4, 6), AscentBackoff(4, 6, 0.25))
    other = state.with_backoffs(backoffs)
    assert other.backoffs == backoffs
    assert state.backoffs == ()
    assert other.parts["plan"]["record"] == state.parts["plan"]["record"]
    assert other.parts["model"] is state.parts["model"]


def test_check_with_the_same_model_and_plan_passes():
    model = _model()
    _state(model, _plan(model)).check(model, _plan(model))


def test_check_with_unbuilt_optimizer_builds_it():
    model = _model()
    state = _state(model, _plan(model))
    other = nets.compiled(nets.functional())
    state.check(other, _plan(other))
    assert other.optimizer.built


def test_check_with_another_precision_raises():
    model = _model()
    state = _state(model, _plan(model))
    variables = state.parts["model"]["variables"]
    variables[0] = variables[0].astype("float16")
    with pytest.raises(ValueError, match="float16.*another precision"):
        state.check(model, _plan(model))


def test_check_with_another_optimizer_raises():
    model = _model()
    state = _state(model, _plan(model))
    other = nets.compiled(nets.functional(), "sgd")
    with pytest.raises(ValueError, match="The optimizer of the checkpoint"):
        state.check(other, _plan(other))


def test_check_with_an_optimizer_of_the_same_shapes_raises():
    """The momentum of the two has another sign and size."""
    model = nets.compiled(nets.functional(), SGD(0.1, momentum=0.9))
    model.optimizer.build(model.trainable_variables)
    state = _state(model, _plan(model))
    state.parts["optimizer"]["name"] = "seal_tf.SGD"
    state.check(model, _plan(model))
    other = nets.compiled(
        nets.functional(), keras.optimizers.SGD(0.1, momentum=0.9)
    )
    message = "optimizer of the checkpoint is seal_tf.SGD, .* is keras.SGD"
    with pytest.raises(ValueError, match=message):
        state.check(other, _plan(other))


def test_check_on_another_backend_raises():
    model = _model()
    state = _state(model, _plan(model))
    state.parts["model"]["backend"] = "mxnet"
    with pytest.raises(ValueError, match="backend of the checkpoint is mxnet"):
        state.check(model, _plan(model))


def test_check_with_another_plan_raises():
    model = _model()
    state = _state(model, _plan(model))
    other = _plan(model, first_generation=1)
    with pytest.raises(ValueError, match="4 trained epochs differ"):
        state.check(model, other)


def test_check_of_a_step_that_no_fit_can_start_at_raises():
    model = _model()
    plan = _plan(model)
    state = dataclasses.replace(_state(model, plan), step=3)
    state.check(model, plan)
    model.steps_per_execution = 2
    with pytest.raises(ValueError, match="step 3 .*steps_per_execution=2"):
        state.check(model, plan)


def test_check_within_an_epoch_requires_built_metrics():
    model = _model()
    plan = _plan(model)
    x, y = nets.data(8)
    model.test_on_batch(x, y)
    parts = {"metrics": MetricsState(model).get_state()}
    state = _state(model, plan)
    state = dataclasses.replace(state, step=1, parts=state.parts | parts)
    state.check_metrics(model)
    other = _model()
    with pytest.raises(ValueError, match="call model.test_on_batch"):
        state.check_metrics(other)
    dataclasses.replace(state, step=0).check_metrics(other)
    # A command checks a state before fit, which may build the metrics.
    state.check(other, _plan(other))


def test_model_state_restores_weights_and_random_states():
    inputs = keras.Input((4,))
    outputs = keras.layers.Dropout(0.5)(keras.layers.Dense(3)(inputs))
    model = nets.compiled(keras.Model(inputs, outputs))
    part = ModelState(model)
    state = part.get_state()
    before = values(model_variables(model))
    assert len(before) == 3
    x = np.ones((2, 4), "float32")
    first = keras.ops.convert_to_numpy(model(x, training=True))
    model.set_weights([w * 0 for w in model.get_weights()])
    part.set_state(state)
    for a, b in zip(values(model_variables(model)), before, strict=True):
        np.testing.assert_array_equal(a, b)
    second = keras.ops.convert_to_numpy(model(x, training=True))
    np.testing.assert_array_equal(second, first)


def test_model_variables_exclude_metrics():
    model = _model()
    x, y = nets.data()
    model.test_on_batch(x, y)
    assert len(model.metrics_variables) > 0
    metrics = {id(v) for v in model.metrics_variables}
    assert not metrics & {id(v) for v in model_variables(model)}


def test_metrics_state_assigns_only_when_applied():
    """Keras resets the metrics at the start of an epoch."""
    model = _model()
    x, y = nets.data()
    expected = model.test_on_batch(x, y, return_dict=True)
    part = MetricsState(model)
    state = part.get_state()
    part.set_state(state)
    model.reset_metrics()
    assert float(model.get_metrics_result()["loss"]) == 0
    part.apply_pending()
    result = model.get_metrics_result()
    assert {k: float(v) for k, v in result.items()} == pytest.approx(expected)
    model.reset_metrics()
    part.apply_pending()
    assert float(model.get_metrics_result()["loss"]) == 0


def test_metrics_state_of_other_metrics_raises():
    part = MetricsState(_model())
    part.set_state({"variables": [np.zeros(7, "float32")]})
    with pytest.raises(ValueError, match="The metrics of the checkpoint"):
        part.apply_pending()


def test_plan_state_restores_the_backoffs():
    model = _model()
    part = PlanState(_plan(model))
    part.plan.epoch(4)
    state = make_state(0).with_backoffs((AscentBackoff(4, 5),)).parts["plan"]
    part.set_state(state)
    assert part.plan.backoffs == (AscentBackoff(4, 5),)
    assert part.plan.epoch(4).scale[0, 0] == pytest.approx(0.005)
    assert part.get_state()["backoffs"] == state["backoffs"]
